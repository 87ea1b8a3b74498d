/* Preloaded into a server, makes every fsync and fdatasync take SLOW_SYNC_US microseconds (2000) longer,
   so that a machine with a fast or lying disk behaves like one with an honest network disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_longer(void) {
  const char *given = getenv("SLOW_SYNC_US");
  long microseconds = given ? atol(given) : 2000;
  struct timespec pause = {microseconds / 1000000, (microseconds % 1000000) * 1000};
  while (nanosleep(&pause, &pause) != 0) {
  }
}

int fsync(int descriptor) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_longer();
  return real(descriptor);
}

int fdatasync(int descriptor) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_longer();
  return real(descriptor);
}
