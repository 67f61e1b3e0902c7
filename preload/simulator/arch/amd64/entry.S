/* entry.S (amd64) - where the library starts as a program's interpreter: see start.c. The program
 * finds the stack as it was, and no function in RDX to call at its end. (System V ABI for AMD64,
 * "Process Initialization") */
    .text
    .globl  simulator_entry
    .hidden simulator_entry
    .type   simulator_entry, @function
simulator_entry:
    movq    %rsp, %rbx
    movq    %rsp, %rdi
    leaq    __ehdr_start(%rip), %rsi
    leaq    _DYNAMIC(%rip), %rdx
    xorl    %ebp, %ebp
    andq    $-16, %rsp
    call    simulator_main
    movq    %rbx, %rsp
    xorl    %edx, %edx
    xorl    %ebx, %ebx
    jmp     *%rax
    .size simulator_entry, . - simulator_entry

    .hidden __ehdr_start
    .hidden _DYNAMIC
    .hidden simulator_main
    .section .note.GNU-stack, "", @progbits
