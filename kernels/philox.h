/*
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and the draws
 * made from it. VW counters at a time.
 */
#pragma once
#include "codes.h"
#include "math.h"

#define PHILOX_ROUNDS 10

/** The multipliers and each round's two key words, in all lanes: made once for many blocks. */
struct key_schedule {
  u32v multiplier0, multiplier2;
  u32v low[PHILOX_ROUNDS], high[PHILOX_ROUNDS];
};

INLINE u32v splat_word(uint32_t word) { return (u32v)splat_int((int32_t)word); }

static void schedule_key(struct key_schedule *keys, const uint32_t *key) {
  keys->multiplier0 = splat_word(0xD2511F53u);
  keys->multiplier2 = splat_word(0xCD9E8D57u);
  for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
    keys->low[round] = splat_word(key[0] + round * 0x9E3779B9u);
    keys->high[round] = splat_word(key[1] + round * 0xBB67AE85u);
  }
}

INLINE void philox_rounds(u32v x[4], const struct key_schedule *keys) {
  u32v multiplier0 = reload(&keys->multiplier0), multiplier2 = reload(&keys->multiplier2);
#pragma GCC unroll 10
  for (int round = 0; round < PHILOX_ROUNDS; round++) {
    u32v high0, high2;
    u32v low0 = multiply_wide(x[0], multiplier0, &high0);
    u32v low2 = multiply_wide(x[2], multiplier2, &high2);
    x[0] = high2 ^ x[1] ^ keys->low[round];
    x[1] = low2;
    x[2] = high0 ^ x[3] ^ keys->high[round];
    x[3] = low0;
  }
}

/** One block, for keys and for tests: out[4] of counter[4] and key[2]. */
static void philox(const uint32_t *counter, const uint32_t *key, uint32_t *out) {
  u32v x[4];
  struct key_schedule keys;
  schedule_key(&keys, key);
  for (int w = 0; w < 4; w++) x[w] = splat_word(counter[w]);
  philox_rounds(x, &keys);
  for (int w = 0; w < 4; w++) out[w] = x[w][0];
}

/** (word >> 8) + add, exactly. By way of signed numbers: the unsigned conversion takes many instructions on x86. */
INLINE f32v upper_24(u32v word, float add) {
  return __builtin_convertvector((i32v)(word ^ 0x80000000u) >> 8, f32v) + (8388608.0f + add);
}

/** (word >> 9) + ½, exactly. */
INLINE f32v upper_23_and_half(u32v word) {
  return __builtin_convertvector((i32v)(word ^ 0x80000000u) >> 9, f32v) + 4194304.5f;
}

/** Box–Muller: √(−2 ln u) times the cosine and the sine of 2π v. */
INLINE void normal_pair(u32v word_u, u32v word_v, f32v *even, f32v *odd) {
  f32v u = upper_24(word_u, 1) * 0x1p-24f;
  f32v radius = square_root(-2.0f * log_normal(u));
  /* v in quarter turns: the reduction to the nearest multiple of π/2 is exact. */
  f32v quarters = upper_24(word_v, 0) * 0x1p-22f;
  f32v t = quarters + ROUNDER;
  f32v r = (quarters - (t - ROUNDER)) * 1.57079632679489661923f;
  f32v sine, cosine;
  sine_cosine(r, (i32v)t - ROUNDER_BITS, &sine, &cosine);
  *even = radius * cosine;
  *odd = radius * sine;
}

/* Words of a uniform draw below these have a second one behind them, from the block whose counter ends with SECOND_WORD. */
#define REFINED_WORDS (1 << 8)
#define REFINED_FINE_WORDS (1 << 20)
#define SECOND_WORD 0x46494e45u

INLINE void count_blocks(u32v x[4], uint32_t counter, uint32_t last_word) {
  x[0] = splat_word(counter);
  x[1] = x[2] = (u32v){};
  x[3] = splat_word(last_word);
  for (int lane = 0; lane < VW; lane++) x[0][lane] += (uint32_t)lane;
}

/** y = (word + second word · 2⁻³²)·2⁻³², rounded once, in lanes whose word is below `limit`. */
NOINLINE void refine(const struct key_schedule *keys, uint32_t counter, uint32_t limit, const u32v *words, f32v *y) {
  u32v second[4];
  count_blocks(second, counter, SECOND_WORD);
  philox_rounds(second, keys);
  for (int w = 0; w < 4; w++)
    for (int lane = 0; lane < VW; lane++)
      if (words[w][lane] < limit) y[w][lane] = (float)(words[w][lane] * 0x1p-32 + second[w][lane] * 0x1p-64);
}

/** Elements [4·counter, 4·counter + 4·VW) of a draw, words below `limit` refined. */
INLINE void draw_block(const int code, const struct key_schedule *keys, uint32_t limit, uint32_t counter, float *out) {
  u32v x[4];
  count_blocks(x, counter, 0);
  philox_rounds(x, keys);
  f32v y[4];
  if (code == OP_NORMAL) {
    normal_pair(x[0], x[1], &y[0], &y[1]);
    normal_pair(x[2], x[3], &y[2], &y[3]);
  } else {
    for (int w = 0; w < 4; w++)
      y[w] = code == OP_UNIFORM_OPEN ? upper_23_and_half(x[w]) * 0x1p-23f : upper_24(x[w], 0) * 0x1p-24f;
    if (code != OP_UNIFORM_OPEN && any(x[0] < limit | x[1] < limit | x[2] < limit | x[3] < limit))
      refine(keys, counter, limit, x, y);
  }
  store_interleaved(out, y[0], y[1], y[2], y[3]);
}

INLINE void draw_run(const int code, const struct key_schedule *keys, uint32_t limit, uint32_t first, int32_t n, float *out) {
  uint32_t counter = first >> 2;
  float edge[4 * VW];
  for (int32_t i = -(int32_t)(first & 3); i < n; i += 4 * VW, counter += VW) {
    int inside = i >= 0 && i + 4 * VW <= n;
    draw_block(code, keys, limit, counter, inside ? out + i : edge);
    if (inside) continue;
    for (int32_t j = most(0, -i); j < least(4 * VW, n - i); j++) out[i + j] = edge[j];
  }
}

/** Elements [first, first + n) of a draw; `code` is one of OP_UNIFORM, OP_UNIFORM_FINE, OP_UNIFORM_OPEN, OP_NORMAL. */
NOINLINE void draw(int32_t code, const uint32_t *key, uint32_t first, int32_t n, float *out) {
  struct key_schedule keys;
  schedule_key(&keys, key);
  uint32_t limit = code == OP_UNIFORM_FINE ? REFINED_FINE_WORDS : REFINED_WORDS;
  if (code == OP_UNIFORM || code == OP_UNIFORM_FINE) draw_run(OP_UNIFORM, &keys, limit, first, n, out);
  else if (code == OP_UNIFORM_OPEN) draw_run(OP_UNIFORM_OPEN, &keys, 0, first, n, out);
  else draw_run(OP_NORMAL, &keys, 0, first, n, out);
}
