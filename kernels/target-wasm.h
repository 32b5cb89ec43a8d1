/* What WebAssembly has instructions for; included by vector.h. */
#pragma once
#include <wasm_simd128.h>

/*
 * A constant in all lanes, read from memory at each use: one instruction. V8 since Node 24 makes a constant that it sees anew in every
 * turn of a loop, by four instructions or more. Only what is behind a pointer of unknown origin stays hidden from it.
 */
#define ALL_OF(TYPE, VECTOR, VALUE)                        \
  ({                                                       \
    static const TYPE constant = VALUE;                    \
    const TYPE *hidden = &constant;                        \
    __asm__("" : "+r"(hidden));                            \
    (VECTOR) wasm_v128_load32_splat(hidden);               \
  })
#define ALL(X) ALL_OF(float, f32v, X)
#define ALL_INT(X) ALL_OF(int32_t, i32v, X)
#define IN_PAIRS 1

INLINE f32v broadcast(const float *p) { return (f32v)wasm_v128_load32_splat(p); }
INLINE f32v square_root(f32v x) { return (f32v)wasm_f32x4_sqrt((v128_t)x); }
INLINE f32v round_down(f32v x) { return (f32v)wasm_f32x4_floor((v128_t)x); }
/** The larger, NaN if either is NaN. */
INLINE f32v maximum(f32v a, f32v b) { return (f32v)wasm_f32x4_max((v128_t)a, (v128_t)b); }
INLINE f32v minimum(f32v a, f32v b) { return (f32v)wasm_f32x4_min((v128_t)a, (v128_t)b); }
/** x limited by a bound that is not NaN; NaN stays. One instruction on x86. */
INLINE f32v at_most(f32v x, f32v bound) { return (f32v)wasm_f32x4_pmin((v128_t)x, (v128_t)bound); }
INLINE f32v at_least(f32v x, f32v bound) { return (f32v)wasm_f32x4_pmax((v128_t)x, (v128_t)bound); }
INLINE i32v truncate(f32v x) { return (i32v)wasm_i32x4_trunc_sat_f32x4((v128_t)x); }
INLINE int any(i32v mask) { return wasm_v128_any_true((v128_t)mask); }
/** Bit i is lane i of a mask. */
INLINE uint32_t lane_bits(i32v mask) { return wasm_i32x4_bitmask((v128_t)mask); }
/**
 * The low and the high words of 64-bit products; b has the same value in all lanes. If b is a constant or leaves a loop, the compiler turns this
 * into full 64-bit multiplications: it has to come from `in_lanes`.
 */
INLINE u32v multiply_wide(u32v a, u32v b, u32v *high) {
  u32v even = (u32v)wasm_u64x2_extmul_low_u32x4((v128_t)a, (v128_t)b);
  u32v odd = (u32v)wasm_u64x2_extmul_high_u32x4((v128_t)a, (v128_t)b);
  *high = __builtin_shufflevector(even, odd, 1, 3, 5, 7);
  return __builtin_shufflevector(even, odd, 0, 2, 4, 6);
}
INLINE u32v xor3(u32v a, u32v b, u32v c) { return a ^ (b ^ c); }
INLINE f32v from_int(i32v x) { return (f32v)wasm_f32x4_convert_i32x4((v128_t)x); }
#define COUNTERS 4
#define NUMBERS_OF_COUNTERS {0, 1, 2, 3}
#define GROUPS 2
INLINE void pause_spin(void) {}

#if defined(__wasm_relaxed_simd__)
/** a·b + c, fused where the machine can. */
INLINE f32v muladd(f32v a, f32v b, f32v c) { return (f32v)__builtin_wasm_relaxed_madd_f32x4(a, b, c); }
#else
INLINE f32v muladd(f32v a, f32v b, f32v c) { return a * b + c; }
#endif
