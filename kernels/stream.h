/*
 * Stores past the caches, of whole cache lines: what is too long to stay there is not read before it is overwritten, and pushes nothing out
 * that will be read again.
 */
#pragma once
#include "vector.h"

/* Whether the target has them, and a vector or two fill a line. */
#if defined(__wasm__) || VW == 4
#define STREAMS 0
INLINE void stream(float *p, f32v v) { store(p, v); }
static inline void end_stream(void) {}
#else
#define STREAMS 1
INLINE void stream(float *p, f32v v) {
#if VW == 16
  _mm512_stream_ps(p, (__m512)v);
#else
  _mm256_stream_ps(p, (__m256)v);
#endif
}
/** Before anybody else reads what was stored. */
static inline void end_stream(void) { _mm_sfence(); }
#endif

/* Bytes from which on an array is stored past the caches. */
#define STREAMED_BYTES (8 << 20)

/** Whether rows of an array may be: all of them begin with a cache line. */
static inline int is_streamed(const float *at, ptrdiff_t row, int64_t rows) {
  return STREAMS && (uintptr_t)at % 64 == 0 && row % 16 == 0 && 4 * rows * row >= STREAMED_BYTES;
}
