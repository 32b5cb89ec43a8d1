/*
 * Whether the processor computes subnormal results (below 1.2e-38 in size) or gives zero in their place. They cost a hundred times as
 * much, and momentum makes them by the thousand: the velocity of a weight whose gradient has become zero decays to them and, rounded up
 * again at every step, never leaves them. On x86-64 only results are concerned. Operands keep their values, so that comparisons and
 * divisions are right. On arm64 operands count as zero too.
 */
#pragma once
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>

/** Gives zero for subnormal results on this thread from now on; returns what `restore_mode` wants. */
static inline uint64_t flush_subnormals(void) {
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8000);
  return before;
}
static inline void restore_mode(uint64_t before) { _mm_setcsr((unsigned)before); }

#elif defined(__aarch64__)

static inline void restore_mode(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
static inline uint64_t flush_subnormals(void) {
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  restore_mode(before | 1 << 24);
  return before;
}

#else

static inline uint64_t flush_subnormals(void) { return 0; }
static inline void restore_mode(uint64_t mode) { (void)mode; }

#endif
