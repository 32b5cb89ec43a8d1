/* Vectors of VW 32-bit lanes. What depends on the target is in target-*.h. */
#pragma once
#include <float.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
#define VW 16
#elif defined(__AVX2__)
#define VW 8
#else
#define VW 4
#endif

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))

typedef float f32v __attribute__((vector_size(4 * VW)));
typedef int32_t i32v __attribute__((vector_size(4 * VW)));
typedef uint32_t u32v __attribute__((vector_size(4 * VW)));
typedef f32v f32v_anywhere __attribute__((aligned(4), may_alias));
/* Packing works on 4 × 4 blocks whatever the vector width. */
typedef float f32x4 __attribute__((vector_size(16)));
typedef f32x4 f32x4_anywhere __attribute__((aligned(4), may_alias));

INLINE f32v load(const void *p) { return *(const f32v_anywhere *)p; }
INLINE i32v load_int(const void *p) { return (i32v) * (const f32v_anywhere *)p; }
INLINE void store(void *p, f32v v) { *(f32v_anywhere *)p = v; }
INLINE f32v splat(float x) { return x - (f32v){}; }
INLINE i32v splat_int(int32_t x) { return x - (i32v){}; }

/** mask ? a : b, lane by lane; the mask's lanes are 0 or −1. */
INLINE f32v choose(i32v mask, f32v a, f32v b) { return (f32v)((mask & (i32v)a) | (~mask & (i32v)b)); }

INLINE f32v absolute(f32v x) { return (f32v)((i32v)x & 0x7fffffff); }
INLINE f32v sign_bit(f32v x) { return (f32v)((u32v)x & 0x80000000u); }
INLINE f32v with_sign(f32v magnitude, f32v sign) { return (f32v)((i32v)magnitude | (i32v)sign); }
INLINE i32v to_float_mask(i32v mask) { return mask & 0x3f800000; }

/* A word of Philox's key schedule in memory, to be read into all lanes by one instruction. */
#if VW == 4
typedef u32v key_word;
INLINE key_word to_key_word(uint32_t word) { return (u32v)splat_int((int32_t)word); }
/** A load that stays where it is written. */
INLINE u32v in_lanes(const key_word *word) { return *(const volatile u32v *)word; }
#else
typedef uint32_t key_word;
INLINE key_word to_key_word(uint32_t word) { return word; }
INLINE u32v in_lanes(const key_word *word) { return (u32v)splat_int((int32_t)*word); }
#endif

#if defined(__wasm__)
#include "target-wasm.h"
#elif defined(__AVX512F__)
#include "target-avx512.h"
#elif defined(__AVX2__)
#include "target-avx2.h"
#else
#include "target-baseline.h"
#endif

/* A constant in all lanes, and whether loops over vectors of such take two at a time. */
#if !defined(ALL)
#define ALL(X) splat(X)
#define ALL_INT(X) splat_int(X)
#define IN_PAIRS 0
#endif

/** a0 b0 a1 b1 …: the lower, then the upper half of the lanes. */
#if VW == 4
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#elif VW == 8
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#endif

/** out[4·lane + w] = x[w][lane]. */
INLINE void store_interleaved(float *out, f32v x0, f32v x1, f32v x2, f32v x3) {
  f32v low02 = INTERLEAVE_LOW(x0, x2), high02 = INTERLEAVE_HIGH(x0, x2);
  f32v low13 = INTERLEAVE_LOW(x1, x3), high13 = INTERLEAVE_HIGH(x1, x3);
  store(out, INTERLEAVE_LOW(low02, low13));
  store(out + VW, INTERLEAVE_HIGH(low02, low13));
  store(out + 2 * VW, INTERLEAVE_LOW(high02, high13));
  store(out + 3 * VW, INTERLEAVE_HIGH(high02, high13));
}

#if !defined(LOADS_SOME)
/** The first `count` lanes, which alone are read; the others are 0. */
INLINE f32v load_some(const float *p, int32_t count) {
  float lanes[VW] = {0};
  for (int32_t i = 0; i < count; i++) lanes[i] = p[i];
  return load(lanes);
}
INLINE void store_some(float *p, f32v v, int32_t count) {
  for (int32_t i = 0; i < count; i++) p[i] = v[i];
}
#endif

/**
 * How long sums stay exact to 1e-5: at most so many terms are added one after the other in float32, and at most so many of those sums; what
 * is longer is a sum of such in double precision.
 */
#define SHORT_SUM 256
#define SHORT_SUMS 64

/** total (+)= part, or part where that is the first; where it is the last, part = total. */
NOINLINE void fold_sums(float *part, double *total, int32_t n, int is_first, int is_last) {
  for (int32_t i = 0; i < n; i++) total[i] = (is_first ? 0 : total[i]) + part[i];
  for (int32_t i = 0; is_last && i < n; i++) part[i] = (float)total[i];
}

INLINE int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
INLINE int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }
INLINE int32_t divide_up(int32_t n, int32_t by) { return n / by + (n % by != 0); }
INLINE int32_t round_up(int32_t n, int32_t to) { return divide_up(n, to) * to; }
/** Where part i of n things begins when they are cut into `parts` parts of nearly equal size. */
INLINE int32_t cut(int32_t n, int32_t parts, int32_t i) { return (int32_t)((int64_t)n * i / parts); }
