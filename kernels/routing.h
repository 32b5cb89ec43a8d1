/*
 * Which blocks are open for which examples, found once a step. A pair is an example and a block that is open for it; the plan lists all
 * pairs by block and by example. What reads it is in to-blocks.h, from-blocks.h, blocks-gradient.h and pairs.h.
 */
#pragma once
#include "tape.h"

/* Blocks are counted and listed in at most so many groups, each of which is a chunk. */
#define ROUTING_GROUPS 8
/* Gates that are looked at together: groups begin at multiples of it. */
#define GATES 64
/* Rows of gates that are fetched ahead. */
#define FETCHED_ROWS 4
#define PLAN_HEADER 4

/** A routing plan's parts in memory: kernels/README.md says what they hold. */
struct plan {
  int32_t examples, blocks;
  int32_t pairs, dense, open_pairs; /* listed; whether those are all; really open */
  int32_t *header, *starts, *row_of, *block_of, *example_starts, *example_pairs;
  int32_t *of_example, groups; /* [examples, groups]: pairs of an example in a group of blocks */
  int32_t *of_block;           /* [blocks]: pairs of a block */
  int32_t *open, words;        /* [examples, words]: a bit for each gate, 64 of them in two words */
};

static void read_plan(struct plan *p, int32_t examples, int32_t blocks, int32_t *words) {
  int32_t room = examples * blocks;
  p->examples = examples;
  p->blocks = blocks;
  p->pairs = words[0];
  p->dense = words[1];
  p->open_pairs = words[3];
  p->header = words;
  p->starts = words + PLAN_HEADER;
  p->row_of = p->starts + blocks + 1;
  p->block_of = p->row_of + room;
  p->example_starts = p->block_of + room;
  p->example_pairs = p->example_starts + examples + 1;
  p->groups = least(divide_up(blocks, GATES), ROUTING_GROUPS);
  p->of_example = p->example_pairs + room;
  p->of_block = p->of_example + examples * p->groups;
  p->open = p->of_block + blocks;
  p->words = 2 * divide_up(blocks, GATES);
}

/** Whether a dense plan lists pairs that are closed: nothing that they hold may get out of pair space. */
static int lists_closed(const struct plan *p) { return p->dense && p->open_pairs < p->examples * p->blocks; }

INLINE int is_open(const struct plan *p, int32_t example, int32_t block) {
  return (uint32_t)p->open[(ptrdiff_t)example * p->words + block / 32] >> block % 32 & 1;
}

struct routing {
  struct plan plan;
  const float *gates;
  int32_t dense_above;
};

static void read_routing(struct routing *x, const int32_t *words, void *const *bases) {
  int32_t examples = words[0], blocks = words[1];
  x->dense_above = words[2];
  x->gates = (const float *)locate(bases, words + 3);
  read_plan(&x->plan, examples, blocks, (int32_t *)locate(bases, words + 5));
}

INLINE uint64_t read_bits(const int32_t *words) { return (uint32_t)words[0] | (uint64_t)(uint32_t)words[1] << 32; }
/** Which of the GATES gates from `block` on, a multiple of GATES, are open for an example. */
INLINE uint64_t open_bits(const struct plan *p, int32_t example, int32_t block) {
  return read_bits(p->open + (ptrdiff_t)example * p->words + block / GATES * 2);
}
INLINE void write_bits(int32_t *words, uint64_t bits) {
  words[0] = (int32_t)bits;
  words[1] = (int32_t)(bits >> 32);
}

static int32_t group_start(const struct plan *p, int32_t group) {
  return least(cut(divide_up(p->blocks, GATES), p->groups, group) * GATES, p->blocks);
}

/** By bits: a gate that is too small to be a normal number is open, also where arithmetic takes it for zero. */
INLINE i32v differs_from_zero(i32v bits) { return (bits & 0x7fffffff) != 0; }

/** Which of `count` gates are open, bit by bit; adds them to the counts of their blocks. */
INLINE uint64_t open_gates(const float *gates, int32_t count, int32_t *of_block) {
  uint64_t open = 0;
  int32_t i = 0;
  for (; i + VW <= count; i += VW) {
    i32v opens = differs_from_zero(load_int(gates + i));
    store(of_block + i, (f32v)(load_int(of_block + i) - opens));
    open |= (uint64_t)lane_bits(opens) << i;
  }
  for (; i < count; i++) {
    int32_t bits;
    __builtin_memcpy(&bits, gates + i, 4);
    int opens = (bits & 0x7fffffff) != 0;
    of_block[i] += opens;
    open |= (uint64_t)opens << i;
  }
  return open;
}

/** Counts the open gates of a group of blocks, for each of them and for each example, and notes which they are. */
static void count_chunk(const struct routing *x, int32_t group) {
  const struct plan *p = &x->plan;
  int32_t first = group_start(p, group), end = group_start(p, group + 1);
  for (int32_t k = first; k < end; k++) p->of_block[k] = 0;
  for (int32_t r = 0; r < p->examples; r++) {
    const float *gates = x->gates + (ptrdiff_t)r * p->blocks;
    int32_t *bits = p->open + r * p->words, open = 0;
    if (FETCHES)
      for (int32_t k = first; k < end; k += 16) __builtin_prefetch(gates + FETCHED_ROWS * p->blocks + k);
    for (int32_t k = first; k < end; k += GATES) {
      uint64_t of_gates = open_gates(gates + k, least(GATES, end - k), p->of_block + k);
      write_bits(bits + k / GATES * 2, of_gates);
      open += __builtin_popcountll(of_gates);
    }
    p->of_example[r * p->groups + group] = open;
  }
}

/** Every pair, example by example. */
static void list_all(const struct plan *p, int32_t first, int32_t end) {
  for (int32_t r = first; r < end; r++)
    for (int32_t k = 0; k < p->blocks; k++) {
      p->row_of[r * p->blocks + k] = r;
      p->block_of[r * p->blocks + k] = k;
    }
}

INLINE void list_pair(const struct plan *p, int32_t example, int32_t block, int32_t at) {
  int32_t pair = p->starts[block]++;
  p->row_of[pair] = example;
  p->example_pairs[at] = pair;
}

/** Lists the pairs of a group of blocks; `before` pairs belong to the groups before it. starts[k] serves as block k's cursor. */
static void list_group(const struct routing *x, int32_t group, int32_t before) {
  const struct plan *p = &x->plan;
  int32_t first = group_start(p, group), end = group_start(p, group + 1);
  for (int32_t k = first; k < end; k++) {
    p->starts[k] = before;
    before += p->of_block[k];
  }
  int32_t example_start = 0;
  for (int32_t r = 0; r < p->examples; r++) {
    const int32_t *counts = p->of_example + r * p->groups;
    int32_t at = example_start;
    if (group == 0) p->example_starts[r] = example_start;
    for (int32_t g = 0; g < group; g++) at += counts[g];
    for (int32_t g = 0; g < p->groups; g++) example_start += counts[g];
    if (counts[group] == 0) continue;
    for (int32_t k = first; k < end; k += GATES)
      for (uint64_t open = open_bits(p, r, k); open != 0; open &= open - 1)
        list_pair(p, r, k + __builtin_ctzll(open), at++);
  }
  if (group == 0) p->example_starts[p->examples] = example_start;
  for (int32_t k = first; k < end; k++) {
    int32_t pairs_end = p->starts[k];
    p->starts[k] -= p->of_block[k];
    for (int32_t pair = p->starts[k]; pair < pairs_end; pair++) p->block_of[pair] = k;
  }
}

static void list_chunk(const struct routing *x, int32_t group) {
  const struct plan *p = &x->plan;
  int32_t first = group_start(p, group), before = 0, pairs = 0, open_blocks = 0;
  for (int32_t k = 0; k < p->blocks; k++) {
    if (k == first) before = pairs;
    pairs += p->of_block[k];
    open_blocks += p->of_block[k] > 0;
  }
  int32_t dense = pairs > x->dense_above && open_blocks == p->blocks;
  if (group == 0) {
    p->header[0] = dense ? p->examples * p->blocks : pairs;
    p->header[1] = dense;
    p->header[2] = open_blocks;
    p->header[3] = pairs;
    p->starts[p->blocks] = pairs;
  }
  if (dense) list_all(p, cut(p->examples, p->groups, group), cut(p->examples, p->groups, group + 1));
  else list_group(x, group, before);
}
