/* AVX-512 as all processors with it have had since 2017 (F, BW, DQ, VL, CD); included by vector.h. */
#pragma once
#include <immintrin.h>

INLINE f32v broadcast(const float *p) { return (f32v)_mm512_set1_ps(*p); }
INLINE f32v square_root(f32v x) { return (f32v)_mm512_sqrt_ps((__m512)x); }
INLINE f32v round_down(f32v x) {
  return (f32v)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
/* VRANGE orders the zeros by sign, but prefers a number to a NaN. */
#define EXTREME(NAME, WHICH)                                                                     \
  INLINE f32v NAME(f32v a, f32v b) {                                                             \
    __m512 x = (__m512)a, y = (__m512)b;                                                         \
    __mmask16 nan = _mm512_cmp_ps_mask(x, y, _CMP_UNORD_Q);                                      \
    return (f32v)_mm512_mask_add_ps(_mm512_range_ps(x, y, 4 | WHICH), nan, x, y);                \
  }
/** The larger, NaN if either is NaN. */
EXTREME(maximum, 1)
EXTREME(minimum, 0)
#undef EXTREME
/** x limited by a bound that is not NaN; NaN stays: the instruction gives its second operand then. */
INLINE f32v at_most(f32v x, f32v bound) { return (f32v)_mm512_min_ps((__m512)bound, (__m512)x); }
INLINE f32v at_least(f32v x, f32v bound) { return (f32v)_mm512_max_ps((__m512)bound, (__m512)x); }
/** Towards zero, saturating, NaN to 0. */
INLINE i32v truncate(f32v x) {
  __m512 v = (__m512)x;
  __m512i t = _mm512_cvttps_epi32(v);
  t = _mm512_mask_mov_epi32(t, _mm512_cmp_ps_mask(v, _mm512_set1_ps(2147483648.0f), _CMP_GE_OQ),
                            _mm512_set1_epi32(INT32_MAX));
  return (i32v)_mm512_maskz_mov_epi32(_mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), t);
}
INLINE int any(i32v mask) { return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0; }
/** Bit i is lane i of a mask. */
INLINE uint32_t lane_bits(i32v mask) { return _mm512_movepi32_mask((__m512i)mask); }
/** Numbers of the counters that go through Philox together, each word in the lower half of a lane of 64 bits. */
#define COUNTERS 8
#define NUMBERS_OF_COUNTERS {0, 0, 4, 0, 1, 0, 5, 0, 2, 0, 6, 0, 3, 0, 7, 0}
#define GROUPS 4
/** The low and the high words of 64-bit products, in the lower halves; what the upper halves hold is not used. */
INLINE u32v multiply_wide(u32v a, u32v b, u32v *high) {
  __m512i product = _mm512_mul_epu32((__m512i)a, (__m512i)b);
  /* A shuffle: more of a processor's units do it than shift. */
  *high = (u32v)_mm512_shuffle_epi32(product, _MM_PERM_DDBB);
  return (u32v)product;
}
/** The lower halves of a, and those of b in the upper halves. */
INLINE u32v low_words(u32v a, u32v b) {
  return (u32v)_mm512_mask_shuffle_epi32((__m512i)a, 0xaaaa, (__m512i)b, _MM_PERM_CCAA);
}
INLINE u32v xor3(u32v a, u32v b, u32v c) {
  return (u32v)_mm512_ternarylogic_epi32((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
}
/** What the unpacking instructions do in each 16 bytes. */
#define UNPACK_LOW(a, b) (f32v)_mm512_unpacklo_ps((__m512)(a), (__m512)(b))
#define UNPACK_HIGH(a, b) (f32v)_mm512_unpackhi_ps((__m512)(a), (__m512)(b))
#define UNPACK_LOW_PAIRS(a, b) (u32v)_mm512_unpacklo_epi64((__m512i)(a), (__m512i)(b))
#define UNPACK_HIGH_PAIRS(a, b) (u32v)_mm512_unpackhi_epi64((__m512i)(a), (__m512i)(b))
INLINE f32v from_int(i32v x) { return (f32v)_mm512_cvtepi32_ps((__m512i)x); }
INLINE f32v muladd(f32v a, f32v b, f32v c) { return (f32v)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
INLINE void pause_spin(void) { _mm_pause(); }

#define LOADS_SOME 1
/** The first `count` lanes, which alone are read; the others are 0. */
INLINE f32v load_some(const float *p, int32_t count) {
  return (f32v)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
}
INLINE void store_some(float *p, f32v v, int32_t count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
}
