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
  int32_t pairs, dense;
  int32_t *header, *starts, *row_of, *block_of, *example_starts, *example_pairs;
};

static int32_t *read_plan(struct plan *p, int32_t examples, int32_t blocks, int32_t *words) {
  int32_t room = examples * blocks;
  p->examples = examples;
  p->blocks = blocks;
  p->pairs = words[0];
  p->dense = words[1];
  p->header = words;
  p->starts = words + PLAN_HEADER;
  p->row_of = p->starts + blocks + 1;
  p->block_of = p->row_of + room;
  p->example_starts = p->block_of + room;
  p->example_pairs = p->example_starts + examples + 1;
  return p->example_pairs + room;
}

struct routing {
  struct plan plan;
  const float *gates;
  int32_t dense_above, groups;
  int32_t *of_example; /* [examples, groups]: pairs of an example in a group of blocks */
  int32_t *of_block;   /* [blocks]: pairs of a block */
  int32_t *open;       /* [examples, words]: a bit for each gate, 64 of them in two words */
  int32_t words;
};

static void read_routing(struct routing *x, const int32_t *words, void *const *bases) {
  int32_t examples = words[0], blocks = words[1];
  x->dense_above = words[2];
  x->gates = (const float *)locate(bases, words + 3);
  x->groups = least(divide_up(blocks, GATES), ROUTING_GROUPS);
  x->of_example = read_plan(&x->plan, examples, blocks, (int32_t *)locate(bases, words + 5));
  x->of_block = x->of_example + examples * x->groups;
  x->open = x->of_block + blocks;
  x->words = 2 * divide_up(blocks, GATES);
}

INLINE uint64_t read_bits(const int32_t *words) { return (uint32_t)words[0] | (uint64_t)(uint32_t)words[1] << 32; }
INLINE void write_bits(int32_t *words, uint64_t bits) {
  words[0] = (int32_t)bits;
  words[1] = (int32_t)(bits >> 32);
}

static int32_t group_start(const struct routing *x, int32_t group) {
  return least(cut(divide_up(x->plan.blocks, GATES), x->groups, group) * GATES, x->plan.blocks);
}

/** Which of `count` gates are open, bit by bit; adds them to the counts of their blocks. */
INLINE uint64_t open_gates(const float *gates, int32_t count, int32_t *of_block) {
  uint64_t open = 0;
  int32_t i = 0;
  for (; i + VW <= count; i += VW) {
    i32v is_open = load(gates + i) != 0.0f;
    store(of_block + i, (f32v)(load_int(of_block + i) - is_open));
    open |= (uint64_t)lane_bits(is_open) << i;
  }
  for (; i < count; i++) {
    of_block[i] += gates[i] != 0;
    open |= (uint64_t)(gates[i] != 0) << i;
  }
  return open;
}

/** Counts the open gates of a group of blocks, for each of them and for each example, and notes which they are. */
static void count_chunk(const struct routing *x, int32_t group) {
  const struct plan *p = &x->plan;
  int32_t first = group_start(x, group), end = group_start(x, group + 1);
  for (int32_t k = first; k < end; k++) x->of_block[k] = 0;
  for (int32_t r = 0; r < p->examples; r++) {
    const float *gates = x->gates + (ptrdiff_t)r * p->blocks;
    int32_t *bits = x->open + r * x->words, open = 0;
    if (FETCHES)
      for (int32_t k = first; k < end; k += 16) __builtin_prefetch(gates + FETCHED_ROWS * p->blocks + k);
    for (int32_t k = first; k < end; k += GATES) {
      uint64_t of_gates = open_gates(gates + k, least(GATES, end - k), x->of_block + k);
      write_bits(bits + k / GATES * 2, of_gates);
      open += __builtin_popcountll(of_gates);
    }
    x->of_example[r * x->groups + group] = open;
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
  int32_t first = group_start(x, group), end = group_start(x, group + 1);
  for (int32_t k = first; k < end; k++) {
    p->starts[k] = before;
    before += x->of_block[k];
  }
  int32_t example_start = 0;
  for (int32_t r = 0; r < p->examples; r++) {
    const int32_t *bits = x->open + r * x->words;
    const int32_t *counts = x->of_example + r * x->groups;
    int32_t at = example_start;
    if (group == 0) p->example_starts[r] = example_start;
    for (int32_t g = 0; g < group; g++) at += counts[g];
    for (int32_t g = 0; g < x->groups; g++) example_start += counts[g];
    if (counts[group] == 0) continue;
    for (int32_t k = first; k < end; k += GATES)
      for (uint64_t open = read_bits(bits + k / GATES * 2); open != 0; open &= open - 1)
        list_pair(p, r, k + __builtin_ctzll(open), at++);
  }
  if (group == 0) p->example_starts[p->examples] = example_start;
  for (int32_t k = first; k < end; k++) {
    int32_t pairs_end = p->starts[k];
    p->starts[k] -= x->of_block[k];
    for (int32_t pair = p->starts[k]; pair < pairs_end; pair++) p->block_of[pair] = k;
  }
}

static void list_chunk(const struct routing *x, int32_t group) {
  const struct plan *p = &x->plan;
  int32_t first = group_start(x, group), before = 0, pairs = 0, open_blocks = 0;
  for (int32_t k = 0; k < p->blocks; k++) {
    if (k == first) before = pairs;
    pairs += x->of_block[k];
    open_blocks += x->of_block[k] > 0;
  }
  int32_t dense = pairs > x->dense_above && open_blocks == p->blocks;
  if (group == 0) {
    p->header[0] = dense ? p->examples * p->blocks : pairs;
    p->header[1] = dense;
    p->header[2] = open_blocks;
    p->header[3] = 0;
    p->starts[p->blocks] = pairs;
  }
  if (dense) list_all(p, cut(p->examples, x->groups, group), cut(p->examples, x->groups, group + 1));
  else list_group(x, group, before);
}
