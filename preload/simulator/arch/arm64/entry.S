/* entry.S (arm64) - where the library starts as a program's interpreter: see start.c. The program
 * finds the stack as it was, and no function in X0 to call at its end. */
    .text
    .globl  simulator_entry
    .hidden simulator_entry
    .type   simulator_entry, %function
simulator_entry:
    mov     x29, #0
    mov     x30, #0
    mov     x0, sp
    adrp    x1, __ehdr_start
    add     x1, x1, :lo12:__ehdr_start
    adrp    x2, _DYNAMIC
    add     x2, x2, :lo12:_DYNAMIC
    bl      simulator_main
    mov     x16, x0
    mov     x0, #0
    br      x16
    .size simulator_entry, . - simulator_entry

    .hidden __ehdr_start
    .hidden _DYNAMIC
    .hidden simulator_main
    .section .note.GNU-stack, "", %progbits
