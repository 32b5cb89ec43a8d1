/*
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and the draws
 * made from it. VW counters at a time.
 */
#pragma once
#include "codes.h"
#include "math.h"

INLINE void philox_rounds(u32v x[4], uint32_t k0, uint32_t k1) {
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
    u32v high0, high2;
    u32v low0 = multiply_wide(x[0], (u32v)splat_int((int32_t)0xD2511F53u), &high0);
    u32v low2 = multiply_wide(x[2], (u32v)splat_int((int32_t)0xCD9E8D57u), &high2);
    x[0] = high2 ^ x[1] ^ k0;
    x[1] = low2;
    x[2] = high0 ^ x[3] ^ k1;
    x[3] = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

/** One block, for keys and for tests: out[4] of counter[4] and key[2]. */
EXPORT(philox) void philox(const uint32_t *counter, const uint32_t *key, uint32_t *out) {
  u32v x[4];
  for (int w = 0; w < 4; w++) x[w] = (u32v)splat_int((int32_t)counter[w]);
  philox_rounds(x, key[0], key[1]);
  for (int w = 0; w < 4; w++) out[w] = x[w][0];
}

INLINE f32v from_word(u32v small) { return __builtin_convertvector((i32v)small, f32v); }

/** Box–Muller: √(−2 ln u) times the cosine and the sine of 2π v. */
INLINE void normal_pair(u32v word_u, u32v word_v, f32v *even, f32v *odd) {
  f32v u = (from_word(word_u >> 8) + 1.0f) * 0x1p-24f;
  f32v radius = square_root(-2.0f * log_normal(u));
  /* v in quarter turns: the reduction to the nearest multiple of π/2 is exact. */
  f32v quarters = from_word(word_v >> 8) * 0x1p-22f;
  f32v t = quarters + ROUNDER;
  f32v r = (quarters - (t - ROUNDER)) * 1.57079632679489661923f;
  f32v sine, cosine;
  sine_cosine(r, (i32v)t - ROUNDER_BITS, &sine, &cosine);
  *even = radius * cosine;
  *odd = radius * sine;
}

/** Elements [4·counter, 4·counter + 4·VW) of a draw. */
INLINE void draw_block(const int code, const uint32_t *key, uint32_t counter, float *out) {
  u32v x[4] = {(u32v)splat_int((int32_t)counter), {}, {}, {}};
  for (int lane = 0; lane < VW; lane++) x[0][lane] += (uint32_t)lane;
  philox_rounds(x, key[0], key[1]);
  f32v y[4];
  if (code == OP_NORMAL) {
    normal_pair(x[0], x[1], &y[0], &y[1]);
    normal_pair(x[2], x[3], &y[2], &y[3]);
  } else {
    for (int w = 0; w < 4; w++)
      y[w] = code == OP_UNIFORM ? from_word(x[w] >> 8) * 0x1p-24f : (from_word(x[w] >> 9) + 0.5f) * 0x1p-23f;
  }
  store_interleaved(out, y[0], y[1], y[2], y[3]);
}

INLINE void draw_run(const int code, const uint32_t *key, uint32_t first, int32_t n, float *out) {
  uint32_t counter = first >> 2;
  float edge[4 * VW];
  for (int32_t i = -(int32_t)(first & 3); i < n; i += 4 * VW, counter += VW) {
    if (i >= 0 && i + 4 * VW <= n) {
      draw_block(code, key, counter, out + i);
    } else {
      draw_block(code, key, counter, edge);
      for (int32_t j = most(0, -i); j < least(4 * VW, n - i); j++) out[i + j] = edge[j];
    }
  }
}

/** Elements [first, first + n) of a draw; `code` is one of OP_UNIFORM, OP_UNIFORM_OPEN, OP_NORMAL. */
NOINLINE void draw(int32_t code, const uint32_t *key, uint32_t first, int32_t n, float *out) {
  if (code == OP_UNIFORM) draw_run(OP_UNIFORM, key, first, n, out);
  else if (code == OP_UNIFORM_OPEN) draw_run(OP_UNIFORM_OPEN, key, first, n, out);
  else draw_run(OP_NORMAL, key, first, n, out);
}
