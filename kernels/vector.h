/* Vectors of VW 32-bit lanes. Everything that depends on the target is in this file. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__wasm__)
#include <wasm_simd128.h>
#define VW 4
#elif defined(__AVX512F__)
#include <immintrin.h>
#define VW 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define VW 8
#else
#define VW 4
#endif

#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name) __attribute__((visibility("default")))
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

/** A load that stays where it is written. */
INLINE u32v reload(const u32v *p) { return *(const volatile u32v *)p; }

#if defined(__wasm__)

INLINE f32v broadcast(const float *p) { return (f32v)wasm_v128_load32_splat(p); }
INLINE f32v square_root(f32v x) { return (f32v)wasm_f32x4_sqrt((v128_t)x); }
INLINE f32v round_down(f32v x) { return (f32v)wasm_f32x4_floor((v128_t)x); }
/** The larger, NaN if either is NaN. */
INLINE f32v maximum(f32v a, f32v b) { return (f32v)wasm_f32x4_max((v128_t)a, (v128_t)b); }
INLINE f32v minimum(f32v a, f32v b) { return (f32v)wasm_f32x4_min((v128_t)a, (v128_t)b); }
/** x limited by a bound that is not NaN; NaN stays. One instruction on x86. */
INLINE f32v at_most(f32v x, float bound) { return (f32v)wasm_f32x4_pmin((v128_t)x, (v128_t)splat(bound)); }
INLINE f32v at_least(f32v x, float bound) { return (f32v)wasm_f32x4_pmax((v128_t)x, (v128_t)splat(bound)); }
INLINE i32v truncate(f32v x) { return (i32v)wasm_i32x4_trunc_sat_f32x4((v128_t)x); }
INLINE int any(i32v mask) { return wasm_v128_any_true((v128_t)mask); }
/** If b is a constant or leaves a loop, the compiler turns this into full 64-bit multiplications: read it by `reload`. */
INLINE u32v multiply_wide(u32v a, u32v b, u32v *high) {
  u32v even = (u32v)wasm_u64x2_extmul_low_u32x4((v128_t)a, (v128_t)b);
  u32v odd = (u32v)wasm_u64x2_extmul_high_u32x4((v128_t)a, (v128_t)b);
  *high = __builtin_shufflevector(even, odd, 1, 3, 5, 7);
  return __builtin_shufflevector(even, odd, 0, 2, 4, 6);
}
INLINE void pause_spin(void) {}

#if defined(__wasm_relaxed_simd__)
/** a·b + c, fused where the machine can. */
INLINE f32v muladd(f32v a, f32v b, f32v c) { return (f32v)__builtin_wasm_relaxed_madd_f32x4(a, b, c); }
#else
INLINE f32v muladd(f32v a, f32v b, f32v c) { return a * b + c; }
#endif

#else

typedef uint64_t u64v __attribute__((vector_size(8 * VW)));
INLINE f32v broadcast(const float *p) { return splat(*p); }
INLINE f32v square_root(f32v x) { return __builtin_elementwise_sqrt(x); }
INLINE f32v round_down(f32v x) { return __builtin_elementwise_floor(x); }
INLINE f32v maximum(f32v a, f32v b) { return choose((a > b) | (a != a) | ((a == b) & ((i32v)a >= 0)), a, b); }
INLINE f32v minimum(f32v a, f32v b) { return choose((a < b) | (a != a) | ((a == b) & ((i32v)a < 0)), a, b); }
INLINE f32v at_most(f32v x, float bound) { return choose(splat(bound) < x, splat(bound), x); }
INLINE f32v at_least(f32v x, float bound) { return choose(splat(bound) > x, splat(bound), x); }
INLINE i32v truncate(f32v x) {
  i32v inside = __builtin_convertvector(choose((x >= -2147483648.0f) & (x < 2147483648.0f), x, splat(0)), i32v);
  i32v high = x >= 2147483648.0f, low = x < -2147483648.0f;
  return (high & INT32_MAX) | (low & INT32_MIN) | (~(high | low) & inside);
}
INLINE int any(i32v mask) { return __builtin_reduce_or(mask) != 0; }
INLINE u32v multiply_wide(u32v a, u32v b, u32v *high) {
  u64v product = __builtin_convertvector(a, u64v) * __builtin_convertvector(b, u64v);
  *high = __builtin_convertvector(product >> 32, u32v);
  return __builtin_convertvector(product, u32v);
}
INLINE f32v muladd(f32v a, f32v b, f32v c) { return __builtin_elementwise_fma(a, b, c); }
INLINE void pause_spin(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

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

INLINE int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
INLINE int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }
INLINE int32_t divide_up(int32_t n, int32_t by) { return n / by + (n % by != 0); }
INLINE int32_t round_up(int32_t n, int32_t to) { return divide_up(n, to) * to; }
/** Where part i of n things begins when they are cut into `parts` parts of nearly equal size. */
INLINE int32_t cut(int32_t n, int32_t parts, int32_t i) { return (int32_t)((int64_t)n * i / parts); }
