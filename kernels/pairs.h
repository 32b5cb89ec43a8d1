/* Values for each gate or each block, spread to the pairs of a routing plan, and summed back. */
#pragma once
#include "elementwise.h"
#include "index.h"
#include "routing.h"

/* Columns summed together. */
#define PAIR_SUMS 64

struct pairs {
  struct plan plan;
  int32_t kind, width, chunks;
  const uint32_t *from;
  uint32_t *to;
};

static void read_pairs(struct pairs *x, const int32_t *words, void *const *bases) {
  x->kind = words[0];
  x->width = words[3];
  read_plan(&x->plan, words[1], words[2], (int32_t *)locate(bases, words + 4));
  x->from = locate(bases, words + 6);
  x->to = locate(bases, words + 8);
  int32_t examples = x->plan.examples, blocks = x->plan.blocks;
  int64_t work = (int64_t)x->plan.pairs * x->width;
  if (x->kind == PAIRS_GATES_FROM) work = (int64_t)examples * blocks * x->width;
  int32_t items = x->kind == PAIRS_GATES_FROM ? examples : x->kind == PAIRS_BLOCKS_FROM ? blocks : x->plan.pairs;
  int64_t wanted = work / CHUNK + 1;
  x->chunks = wanted < items ? (int32_t)wanted : items;
}

/** Row p of a table by block or, for gates, by example and block. */
static int32_t row_of_pair(const struct pairs *x, int32_t p) {
  int32_t block = x->plan.block_of[p];
  return x->kind == PAIRS_SPREAD_BLOCKS ? block : x->plan.row_of[p] * x->plan.blocks + block;
}

static void spread_to_pairs(const struct pairs *x, int32_t first, int32_t end) {
  if (x->width == 1)
    for (int32_t p = first; p < end; p++) x->to[p] = x->from[row_of_pair(x, p)];
  else
    for (int32_t p = first; p < end; p++)
      copy_row(x->to + (ptrdiff_t)p * x->width, x->from + (ptrdiff_t)row_of_pair(x, p) * x->width, x->width);
}

/** Sets the rows of an example's closed gates to 0, where a dense plan has rows for them too. */
static void clear_closed(const struct pairs *x, int32_t example) {
  const struct plan *plan = &x->plan;
  uint32_t *to = x->to + (ptrdiff_t)example * plan->blocks * x->width;
  for (int32_t k = 0; k < plan->blocks; k += GATES) {
    uint64_t all = plan->blocks - k < GATES ? (1ull << (plan->blocks - k)) - 1 : ~0ull;
    for (uint64_t left = all & ~open_bits(plan, example, k); left != 0; left &= left - 1)
      __builtin_memset(to + (ptrdiff_t)(k + __builtin_ctzll(left)) * x->width, 0, 4 * x->width);
  }
}

/** The rows of some examples: zeros, but for those of pairs. */
static void gates_from_pairs(const struct pairs *x, int32_t first, int32_t end) {
  const struct plan *plan = &x->plan;
  ptrdiff_t row = (ptrdiff_t)plan->blocks * x->width;
  if (plan->dense) {
    __builtin_memcpy(x->to + first * row, x->from + first * row, 4 * (end - first) * row);
    for (int32_t r = first; lists_closed(plan) && r < end; r++) clear_closed(x, r);
    return;
  }
  __builtin_memset(x->to + first * row, 0, 4 * (end - first) * row);
  for (int32_t at = plan->example_starts[first]; at < plan->example_starts[end]; at++) {
    int32_t p = plan->example_pairs[at];
    copy_row(x->to + (ptrdiff_t)row_of_pair(x, p) * x->width, x->from + (ptrdiff_t)p * x->width, x->width);
  }
}

/** A block's sums, in order of its pairs: neighbours, or those of a dense plan that are open. */
static void sum_block(const struct pairs *x, int32_t block) {
  const struct plan *plan = &x->plan;
  int32_t first = plan->dense ? block : plan->starts[block], step = plan->dense ? plan->blocks : 1;
  int32_t count = plan->dense ? plan->examples : plan->starts[block + 1] - first;
  int some_closed = lists_closed(plan);
  float *to = (float *)x->to + (ptrdiff_t)block * x->width;
  for (int32_t column = 0; column < x->width; column += PAIR_SUMS) {
    int32_t columns = least(PAIR_SUMS, x->width - column);
    const float *from = (const float *)x->from + (ptrdiff_t)first * x->width + column;
    double sum[PAIR_SUMS] = {0};
    for (int32_t i = 0; i < count; i++, from += (ptrdiff_t)step * x->width) {
      if (some_closed && !is_open(plan, i, block)) continue;
      for (int32_t j = 0; j < columns; j++) sum[j] += from[j];
    }
    for (int32_t j = 0; j < columns; j++) to[column + j] = (float)sum[j];
  }
}

static void pairs_chunk(const struct pairs *x, int32_t chunk) {
  int32_t items = x->kind == PAIRS_GATES_FROM ? x->plan.examples
                  : x->kind == PAIRS_BLOCKS_FROM ? x->plan.blocks : x->plan.pairs;
  int32_t first = cut(items, x->chunks, chunk), end = cut(items, x->chunks, chunk + 1);
  if (x->kind == PAIRS_GATES_FROM) gates_from_pairs(x, first, end);
  else if (x->kind == PAIRS_BLOCKS_FROM)
    for (int32_t block = first; block < end; block++) sum_block(x, block);
  else spread_to_pairs(x, first, end);
}

/** An ELEMENTWISE over as many rows as the plan has pairs, times a number. */
static void read_limited(struct elementwise *e, const int32_t *words, void *const *bases, uint32_t *scratch) {
  int32_t limit = *(const int32_t *)locate(bases, words) * words[2];
  read_elementwise(e, words + 3, most(limit, 1), bases, scratch);
  if (limit == 0) e->rows = 0;
}
