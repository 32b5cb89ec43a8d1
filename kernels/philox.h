/*
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and the draws
 * made from it. VW counters at a time.
 */
#pragma once
#include "codes.h"
#include "math.h"

#define PHILOX_ROUNDS 10
#define MULTIPLIER0 0xD2511F53u
#define MULTIPLIER2 0xCD9E8D57u
/* What the key's two words grow by from round to round. */
#define WEYL0 0x9E3779B9u
#define WEYL1 0xBB67AE85u
/* Elements of a group of COUNTERS counters, which go through the rounds together. */
#define GROUP (4 * COUNTERS)

/** The multipliers and each round's two key words: made once for many groups. */
struct key_schedule {
  key_word multiplier0, multiplier2;
  key_word low[PHILOX_ROUNDS], high[PHILOX_ROUNDS];
  /* What the words x2 and x3 of a counter that ends with three zeros take from the key alone in the second round. */
  key_word second_x2, second_x3;
};

INLINE void schedule_key(struct key_schedule *keys, const uint32_t *key) {
  keys->multiplier0 = to_key_word(MULTIPLIER0);
  keys->multiplier2 = to_key_word(MULTIPLIER2);
  for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
    keys->low[round] = to_key_word(key[0] + round * WEYL0);
    keys->high[round] = to_key_word(key[1] + round * WEYL1);
  }
  uint64_t product = (uint64_t)key[0] * MULTIPLIER0;
  keys->second_x2 = to_key_word((uint32_t)(product >> 32) ^ (key[1] + WEYL1));
  keys->second_x3 = to_key_word((uint32_t)product);
}

INLINE u32v splat_word(uint32_t word) { return (u32v)splat_int((int32_t)word); }

/** Words behind a pointer of unknown origin: reading them into all lanes takes one load, from registers it takes more. */
INLINE const struct key_schedule *in_memory(const struct key_schedule *keys) {
  __asm__("" : "+r"(keys) : : "memory");
  return keys;
}

/** One round for `groups` groups side by side: the one's instructions fill the time in which the other's wait. */
INLINE void philox_round(const int groups, int round, u32v x[][4], const struct key_schedule *keys) {
  u32v multiplier0 = in_lanes(&keys->multiplier0), multiplier2 = in_lanes(&keys->multiplier2);
  u32v low = in_lanes(&keys->low[round]), high = in_lanes(&keys->high[round]);
#pragma GCC unroll 4
  for (int g = 0; g < groups; g++) {
    u32v high0, high2;
    u32v low0 = multiply_wide(x[g][0], multiplier0, &high0);
    u32v low2 = multiply_wide(x[g][2], multiplier2, &high2);
    x[g][0] = xor3(high2, x[g][1], low);
    x[g][1] = low2;
    x[g][2] = xor3(high0, x[g][3], high);
    x[g][3] = low0;
  }
}

/** All rounds for counters that end with three zeros. Of the first two rounds half the products are known beforehand. */
INLINE void philox_of_draw(const int groups, uint32_t counter, u32v x[][4], const struct key_schedule *keys) {
  u32v multiplier0 = in_lanes(&keys->multiplier0), multiplier2 = in_lanes(&keys->multiplier2);
  u32v high = in_lanes(&keys->high[0]), low = in_lanes(&keys->low[1]);
  u32v second_x2 = in_lanes(&keys->second_x2), second_x3 = in_lanes(&keys->second_x3);
#pragma GCC unroll 4
  for (int g = 0; g < groups; g++) {
    u32v high0, high2;
    u32v count = splat_word(counter + (uint32_t)(g * COUNTERS)) + (u32v)NUMBERS_OF_COUNTERS;
    u32v low0 = multiply_wide(count, multiplier0, &high0);
    u32v low2 = multiply_wide(high0 ^ high, multiplier2, &high2);
    x[g][0] = high2 ^ low;
    x[g][1] = low2;
    x[g][2] = low0 ^ second_x2;
    x[g][3] = second_x3;
  }
#pragma GCC unroll 10
  for (int round = 2; round < PHILOX_ROUNDS; round++) philox_round(groups, round, x, keys);
}

static void philox_of_schedule(const uint32_t *counter, const struct key_schedule *keys, uint32_t *out) {
  u32v x[1][4];
  for (int w = 0; w < 4; w++) x[0][w] = splat_word(counter[w]);
#pragma GCC unroll 10
  for (int round = 0; round < PHILOX_ROUNDS; round++) philox_round(1, round, x, keys);
  for (int w = 0; w < 4; w++) out[w] = x[0][w][0];
}

/** One block, for keys and for tests: out[4] of counter[4] and key[2]. */
static void philox(const uint32_t *counter, const uint32_t *key, uint32_t *out) {
  struct key_schedule keys;
  schedule_key(&keys, key);
  philox_of_schedule(counter, &keys, out);
}

/** (word >> 8)·2⁻²⁴, exactly. */
INLINE f32v upper_24(u32v word) { return from_int((i32v)(word >> 8)) * ALL(0x1p-24f); }

/** ((word >> 9) + ½)·2⁻²³, exactly. */
INLINE f32v upper_23_and_half(u32v word) { return from_int((i32v)((word >> 8) | 1)) * ALL(0x1p-24f); }

/** Box–Muller: √(−2 ln u) times the cosine and the sine of 2π v. */
INLINE void normal_pair(u32v word_u, u32v word_v, f32v *even, f32v *odd) {
  f32v u = from_int((i32v)(word_u >> 8) + ALL_INT(1)) * ALL(0x1p-24f);
  f32v radius = square_root(ALL(-2.0f) * log_normal(u));
  /* v in quarter turns: the reduction to the nearest multiple of π/2 is exact. */
  f32v quarters = from_int((i32v)(word_v >> 8)) * ALL(0x1p-22f);
  f32v t = quarters + ALL(ROUNDER);
  f32v r = (quarters - (t - ALL(ROUNDER))) * ALL(1.57079632679489661923f);
  f32v sine, cosine;
  sine_cosine(r, (i32v)t - ALL_INT(ROUNDER_BITS), &sine, &cosine);
  *even = radius * cosine;
  *odd = radius * sine;
}

/* Words of a uniform draw below these have a second one behind them, from the block whose counter ends with SECOND_WORD. */
#define REFINED_WORDS (1 << 8)
#define REFINED_FINE_WORDS (1 << 20)
#define SECOND_WORD 0x46494e45u

/** Of `n` elements from `counter` on, those whose word is below `limit`: (word + second word · 2⁻³²)·2⁻³², rounded once. */
NOINLINE void refine(const struct key_schedule *keys, uint32_t counter, uint32_t limit, int32_t n, float *out) {
  for (int32_t i = 0; i < n; i++) {
    if (!(out[i] < (float)limit * 0x1p-32f)) continue;
    uint32_t at[4] = {counter + (uint32_t)(i >> 2), 0, 0, 0}, word[4], second[4];
    philox_of_schedule(at, keys, word);
    at[3] = SECOND_WORD;
    philox_of_schedule(at, keys, second);
    out[i] = (float)(word[i & 3] * 0x1p-32 + second[i & 3] * 0x1p-64);
  }
}

/** The GROUP elements of a group's words. The least of each lane comes back. */
INLINE f32v store_group(const int code, const u32v x[4], float *out) {
#if COUNTERS < VW
  f32v y[2];
  if (code == OP_NORMAL) {
    f32v even, odd;
    normal_pair(low_words(x[0], x[2]), low_words(x[1], x[3]), &even, &odd);
    y[0] = UNPACK_LOW(even, odd);
    y[1] = UNPACK_HIGH(even, odd);
  } else {
    u32v first = low_words(x[0], x[1]), second = low_words(x[2], x[3]);
    u32v words[2] = {UNPACK_LOW_PAIRS(first, second), UNPACK_HIGH_PAIRS(first, second)};
    for (int w = 0; w < 2; w++) y[w] = code == OP_UNIFORM_OPEN ? upper_23_and_half(words[w]) : upper_24(words[w]);
  }
  store(out, y[0]);
  store(out + VW, y[1]);
  return at_most(y[0], y[1]);
#else
  f32v y[4];
  if (code == OP_NORMAL) {
    normal_pair(x[0], x[1], &y[0], &y[1]);
    normal_pair(x[2], x[3], &y[2], &y[3]);
  } else {
    for (int w = 0; w < 4; w++) y[w] = code == OP_UNIFORM_OPEN ? upper_23_and_half(x[w]) : upper_24(x[w]);
  }
  store_interleaved(out, y[0], y[1], y[2], y[3]);
  return at_most(at_most(y[0], y[1]), at_most(y[2], y[3]));
#endif
}

/** `count` groups one after the other, words below `limit` refined. */
INLINE void draw_groups(const int code, const int count, const struct key_schedule *keys, uint32_t limit, uint32_t counter,
                        float *out) {
  u32v x[GROUPS][4];
  philox_of_draw(count, counter, x, keys);
  f32v lowest = store_group(code, x[0], out);
#pragma GCC unroll 4
  for (int g = 1; g < count; g++) lowest = at_most(lowest, store_group(code, x[g], out + g * GROUP));
  if (code == OP_UNIFORM && any(lowest < splat((float)limit * 0x1p-32f))) refine(keys, counter, limit, count * GROUP, out);
}

/** Elements [from, to) of a group to where it begins in `out`, which is before `out` for an element that no one asked for. */
INLINE void copy_piece(float *out, const float *group, int32_t from, int32_t to) {
#define COPY(COUNT)                                               \
  do {                                                            \
    __builtin_memcpy(out + from, group + from, 4 * COUNT);        \
    from += COUNT;                                                \
  } while (0)
  if ((from & 1) && from < to) COPY(1);
  if ((from & 2) && from + 2 <= to) COPY(2);
  while (from + 4 <= to) COPY(4);
  if (from + 2 <= to) COPY(2);
  if (from < to) COPY(1);
#undef COPY
}

INLINE void draw_run(const int code, const struct key_schedule *keys, uint32_t limit, uint32_t first, int32_t n, float *out) {
  uint32_t counter = first >> 2;
  int32_t i = -(int32_t)(first & 3);
  while (i < n) {
    if (i >= 0 && i + GROUPS * GROUP <= n) {
      draw_groups(code, GROUPS, keys, limit, counter, out + i);
      counter += GROUPS * COUNTERS;
      i += GROUPS * GROUP;
      continue;
    }
    float edge[GROUP];
    int inside = i >= 0 && i + GROUP <= n;
    draw_groups(code, 1, keys, limit, counter, inside ? out + i : edge);
    if (!inside) copy_piece(out + i, edge, most(0, -i), least(GROUP, n - i));
    counter += COUNTERS;
    i += GROUP;
  }
}

/** Elements [first, first + n) of a draw; `code` is one of OP_UNIFORM, OP_UNIFORM_FINE, OP_UNIFORM_OPEN, OP_NORMAL. */
NOINLINE void draw(int32_t code, const uint32_t *key, uint32_t first, int32_t n, float *out) {
  struct key_schedule schedule;
  schedule_key(&schedule, key);
  const struct key_schedule *keys = in_memory(&schedule);
  uint32_t limit = code == OP_UNIFORM_FINE ? REFINED_FINE_WORDS : REFINED_WORDS;
  if (code == OP_UNIFORM || code == OP_UNIFORM_FINE) draw_run(OP_UNIFORM, keys, limit, first, n, out);
  else if (code == OP_UNIFORM_OPEN) draw_run(OP_UNIFORM_OPEN, keys, 0, first, n, out);
  else draw_run(OP_NORMAL, keys, 0, first, n, out);
}
