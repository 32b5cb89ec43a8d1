/* AVX2 with FMA; included by vector.h. */
#pragma once
#include <immintrin.h>

INLINE f32v broadcast(const float *p) { return (f32v)_mm256_broadcast_ss(p); }
INLINE f32v square_root(f32v x) { return (f32v)_mm256_sqrt_ps((__m256)x); }
INLINE f32v round_down(f32v x) { return (f32v)_mm256_floor_ps((__m256)x); }
/**
 * The larger, NaN if either is NaN. The instruction gives its second operand where one is NaN or both are zeros: the two
 * orders together hold what is wanted, +0 as the bits that both have.
 */
INLINE f32v maximum(f32v a, f32v b) {
  __m256 x = (__m256)a, y = (__m256)b;
  __m256 larger = _mm256_and_ps(_mm256_max_ps(x, y), _mm256_max_ps(y, x));
  return (f32v)_mm256_blendv_ps(larger, _mm256_add_ps(x, y), _mm256_cmp_ps(x, y, _CMP_UNORD_Q));
}
INLINE f32v minimum(f32v a, f32v b) {
  __m256 x = (__m256)a, y = (__m256)b;
  __m256 smaller = _mm256_or_ps(_mm256_min_ps(x, y), _mm256_min_ps(y, x));
  return (f32v)_mm256_blendv_ps(smaller, _mm256_add_ps(x, y), _mm256_cmp_ps(x, y, _CMP_UNORD_Q));
}
/** x limited by a bound that is not NaN; NaN stays: the instruction gives its second operand then. */
INLINE f32v at_most(f32v x, f32v bound) { return (f32v)_mm256_min_ps((__m256)bound, (__m256)x); }
INLINE f32v at_least(f32v x, f32v bound) { return (f32v)_mm256_max_ps((__m256)bound, (__m256)x); }
/** Towards zero, saturating, NaN to 0. The conversion gives INT32_MIN for what doesn't fit. */
INLINE i32v truncate(f32v x) {
  __m256i t = _mm256_cvttps_epi32((__m256)x);
  __m256i high = _mm256_castps_si256(_mm256_cmp_ps((__m256)x, _mm256_set1_ps(2147483648.0f), _CMP_GE_OQ));
  __m256i number = _mm256_castps_si256(_mm256_cmp_ps((__m256)x, (__m256)x, _CMP_ORD_Q));
  /* INT32_MIN with all bits flipped is INT32_MAX. */
  return (i32v)_mm256_and_si256(_mm256_xor_si256(t, high), number);
}
INLINE int any(i32v mask) { return !_mm256_testz_si256((__m256i)mask, (__m256i)mask); }
/** Bit i is lane i of a mask. */
INLINE uint32_t lane_bits(i32v mask) { return (uint32_t)_mm256_movemask_ps((__m256)mask); }
/** Numbers of the counters that go through Philox together, each word in the lower half of a lane of 64 bits. */
#define COUNTERS 4
#define NUMBERS_OF_COUNTERS {0, 0, 2, 0, 1, 0, 3, 0}
#define GROUPS 2
/** The low and the high words of 64-bit products, in the lower halves; what the upper halves hold is not used. */
INLINE u32v multiply_wide(u32v a, u32v b, u32v *high) {
  __m256i product = _mm256_mul_epu32((__m256i)a, (__m256i)b);
  *high = (u32v)_mm256_srli_epi64(product, 32);
  return (u32v)product;
}
/** The lower halves of a, and those of b in the upper halves. */
INLINE u32v low_words(u32v a, u32v b) {
  return (u32v)_mm256_blend_epi32((__m256i)a, _mm256_slli_epi64((__m256i)b, 32), 0xaa);
}
INLINE u32v xor3(u32v a, u32v b, u32v c) { return a ^ (b ^ c); }
/** What the unpacking instructions do in each 16 bytes. */
#define UNPACK_LOW(a, b) (f32v)_mm256_unpacklo_ps((__m256)(a), (__m256)(b))
#define UNPACK_HIGH(a, b) (f32v)_mm256_unpackhi_ps((__m256)(a), (__m256)(b))
#define UNPACK_LOW_PAIRS(a, b) (u32v)_mm256_unpacklo_epi64((__m256i)(a), (__m256i)(b))
#define UNPACK_HIGH_PAIRS(a, b) (u32v)_mm256_unpackhi_epi64((__m256i)(a), (__m256i)(b))
INLINE f32v from_int(i32v x) { return (f32v)_mm256_cvtepi32_ps((__m256i)x); }
INLINE f32v muladd(f32v a, f32v b, f32v c) { return (f32v)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
INLINE void pause_spin(void) { _mm_pause(); }

#define LOADS_SOME 1
INLINE __m256i first_lanes(int32_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
/** The first `count` lanes, which alone are read; the others are 0. */
INLINE f32v load_some(const float *p, int32_t count) { return (f32v)_mm256_maskload_ps(p, first_lanes(count)); }
INLINE void store_some(float *p, f32v v, int32_t count) { _mm256_maskstore_ps(p, first_lanes(count), (__m256)v); }
