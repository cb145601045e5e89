/* A slow disk for any server alike: loaded with LD_PRELOAD, fsync and fdatasync take as long as
 * SLOW_FSYNC_US says, in microseconds, beside what they take anyway.
 *
 * ruddle-bench builds it where it needs it (tools/bench/shim.rs). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_for_the_disk(void) {
    static long us = -1;
    if (us < 0) {
        const char *text = getenv("SLOW_FSYNC_US");
        us = text ? atol(text) : 0;
    }
    if (us > 0) usleep((useconds_t)us);
}

static int call(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real ? real(fd) : -1;
}

int fsync(int fd) {
    wait_for_the_disk();
    return call("fsync", fd);
}

int fdatasync(int fd) {
    wait_for_the_disk();
    return call("fdatasync", fd);
}
