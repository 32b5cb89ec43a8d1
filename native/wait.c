/* Sleeping until a word in memory changes: what the kernels ask of a system (kernels/threads.h). */
#if defined(__linux__)
#define _GNU_SOURCE
#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

void sleep_while(int32_t *word, int32_t value);
void wake_all(int32_t *word);

void sleep_while(int32_t *word, int32_t value) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, 0, 0, 0); }
void wake_all(int32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, 0, 0, 0); }

#else
#include <pthread.h>
#include <stdint.h>

void sleep_while(int32_t *word, int32_t value);
void wake_all(int32_t *word);

/* One queue for all words: sleepers look again whenever anything changes. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void sleep_while(int32_t *word, int32_t value) {
  pthread_mutex_lock(&lock);
  while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

void wake_all(int32_t *word) {
  (void)word;
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}
#endif
