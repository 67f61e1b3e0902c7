/* lab.c - what the emulated machine needs that busybox has not, in one static program:
 *
 *   lab seed               a fixed random seed, so that every boot is like the other
 *   lab put FILE           standard input into FILE of the machine that emulates
 *   lab get FILE           FILE of the machine that emulates to standard output
 *   lab ask COMMAND        runs COMMAND there, and exits with its status
 *   lab exit STATUS        ends the emulator with this exit status
 *   lab as UID COMMAND...  runs COMMAND as another user, without capabilities
 *
 * Files and the end go by semihosting: a trap instruction with a call number and a block of
 * arguments, which QEMU answers from user mode too, with userspace=on. (Arm: Semihosting for
 * AArch32 and AArch64, 2.0: SYS_OPEN, SYS_CLOSE, SYS_WRITE, SYS_READ, SYS_SYSTEM, SYS_EXIT)
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/random.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { SYS_OPEN = 1, SYS_CLOSE, SYS_WRITE = 5, SYS_READ, SYS_SYSTEM = 0x12, SYS_EXIT = 0x18 };
enum { OPEN_RB = 1, OPEN_WB = 5 };
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

static long semihosting(long call, const void *block)
{
    register long x0 __asm__("x0") = call;
    register const void *x1 __asm__("x1") = block;

    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
    return x0;
}

static char buffer[1 << 16];

static long outside_open(const char *name, uintptr_t mode)
{
    uintptr_t block[3] = {(uintptr_t)name, mode, strlen(name)};
    long handle = semihosting(SYS_OPEN, block);

    if (handle < 0)
        fprintf(stderr, "lab: cannot open %s outside\n", name);
    memset(buffer, 1, sizeof buffer); /* QEMU looks at it: its pages must be there */
    return handle;
}

static void outside_close(long handle)
{
    semihosting(SYS_CLOSE, (uintptr_t[1]){(uintptr_t)handle});
}

static int put(const char *name)
{
    long handle = outside_open(name, OPEN_WB);
    ssize_t n;

    if (handle < 0)
        return 1;
    while ((n = read(0, buffer, sizeof buffer)) > 0) {
        uintptr_t block[3] = {(uintptr_t)handle, (uintptr_t)buffer, (uintptr_t)n};

        if (semihosting(SYS_WRITE, block) != 0) {
            fprintf(stderr, "lab: cannot write %s outside\n", name);
            return 1;
        }
    }
    outside_close(handle);
    return 0;
}

static int get(const char *name)
{
    long handle = outside_open(name, OPEN_RB), left = 0;

    if (handle < 0)
        return 1;
    while (left == 0) {
        uintptr_t block[3] = {(uintptr_t)handle, (uintptr_t)buffer, sizeof buffer};

        left = semihosting(SYS_READ, block); /* how much of the buffer was not filled */
        if (left < 0 || fwrite(buffer, 1, sizeof buffer - (size_t)left, stdout) !=
                            sizeof buffer - (size_t)left) {
            fprintf(stderr, "lab: cannot read %s outside\n", name);
            return 1;
        }
    }
    outside_close(handle);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int seed(void)
{
    struct {
        struct rand_pool_info info;
        unsigned char bytes[64];
    } pool;
    int fd = open("/dev/urandom", O_RDWR);

    memset(&pool, 0x5a, sizeof pool);
    pool.info.entropy_count = 8 * sizeof pool.bytes;
    pool.info.buf_size = sizeof pool.bytes;
    return fd >= 0 && ioctl(fd, RNDADDENTROPY, &pool) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "seed") == 0)
        return seed();
    if (strcmp(what, "put") == 0 && argc == 3)
        return put(argv[2]);
    if (strcmp(what, "get") == 0 && argc == 3)
        return get(argv[2]);
    if (strcmp(what, "ask") == 0 && argc == 3) {
        uintptr_t block[2] = {(uintptr_t)argv[2], strlen(argv[2])};
        long status = semihosting(SYS_SYSTEM, block); /* as of wait(2) */

        return status < 0 || (status & 0x7f) != 0 ? 125 : (int)(status >> 8 & 0xff);
    }
    if (strcmp(what, "exit") == 0 && argc == 3) {
        uintptr_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uintptr_t)atoi(argv[2])};

        semihosting(SYS_EXIT, block);
    }
    if (strcmp(what, "as") == 0 && argc > 3) {
        if (setgroups(0, NULL) != 0 || setgid((gid_t)atoi(argv[2])) != 0 ||
            setuid((uid_t)atoi(argv[2])) != 0)
            return 1;
        execvp(argv[3], argv + 3);
        return 127;
    }
    return 2;
}
