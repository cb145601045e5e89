/* An end at a chosen moment, for any server: loaded with LD_PRELOAD, the process kills itself
 * before its KILL_AT-th operation on files (from 1 on) that another process could see.
 *
 * tests/it/journal/restore.rs builds it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long done;

static void operation(void) {
    const char *text = getenv("KILL_AT");
    if (text && atomic_fetch_add(&done, 1) + 1 == atol(text)) kill(getpid(), SIGKILL);
}

#define REAL(result, name, ...) ((result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    /* What it prints does not count. */
    if (fd > STDERR_FILENO) operation();
    return REAL(ssize_t, write, int, const void *, size_t)(fd, bytes, count);
}

int rename(const char *from, const char *to) {
    operation();
    return REAL(int, rename, const char *, const char *)(from, to);
}

int unlink(const char *path) {
    operation();
    return REAL(int, unlink, const char *)(path);
}

int mkdir(const char *path, mode_t mode) {
    operation();
    return REAL(int, mkdir, const char *, mode_t)(path, mode);
}

int ftruncate64(int fd, off64_t length) {
    operation();
    return REAL(int, ftruncate64, int, off64_t)(fd, length);
}

int fsync(int fd) {
    operation();
    return REAL(int, fsync, int)(fd);
}

int fdatasync(int fd) {
    operation();
    return REAL(int, fdatasync, int)(fd);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (flags & O_CREAT) operation();
    return REAL(int, open64, const char *, int, mode_t)(path, flags, mode);
}
