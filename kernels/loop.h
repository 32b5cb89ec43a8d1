/*
 * LOOP: a list of instructions that runs once for each row. It has a table of pointers of its own, some of which move from step to step. Where the
 * rows of the batch don't depend on each other, a thread runs all steps for some of them, and no step waits for another thread.
 */
#pragma once
#include "elementwise.h"
#include "products.h"
#include "reduce.h"
#include "threads.h"

#define LOOP_WORDS 6
#define LOCAL_WORDS 4
#define PACK_WORDS 8
/* Rows of a strip at most: what they compute stays in the second-level cache. */
#define STRIP_ROWS (ROW_TILE * 3)
/* Bytes that the matrices of a loop have at most where every thread reads all of them: more than a second-level cache has room for are shared out. */
#define NEAR_BYTES (1 << 20)

struct loop {
  int32_t length, reverse, rows, locals, packs, instructions, strips;
  const int32_t *local, *pack, *body;
  void *const *bases;
};

static void read_loop(struct loop *l, const int32_t *words, void *const *bases, int32_t team) {
  *l = (struct loop){.length = words[0], .reverse = words[1], .rows = words[2], .locals = words[3], .packs = words[4]};
  l->instructions = words[5];
  l->local = words + LOOP_WORDS;
  l->pack = l->local + LOCAL_WORDS * l->locals;
  l->body = l->pack + PACK_WORDS * l->packs;
  l->bases = bases;
  l->strips = most(least(team, l->rows), divide_up(l->rows, STRIP_ROWS));
}

/** Where the loop's pointers are in its i-th step. */
static void point_locals(const struct loop *l, int32_t i, void **table) {
  int32_t row = l->reverse ? l->length - 1 - i : i;
  const int32_t *words = l->local;
  for (int32_t k = 0; k < l->locals; k++, words += LOCAL_WORDS)
    table[k] = locate(l->bases, words) + (ptrdiff_t)row * words[2] + (i & 1 ? words[3] : 0);
}

static int32_t panels_of(const int32_t *pack) { return divide_up(pack[3], COLUMN_TILE); }

static int32_t loop_pack_chunks(const struct loop *l) {
  int32_t panels = 0;
  for (int32_t i = 0; i < l->packs; i++) panels += panels_of(l->pack + PACK_WORDS * i);
  return panels;
}

/** One panel of one of the matrices that the loop multiplies by. */
static void loop_pack_chunk(const struct loop *l, int32_t chunk) {
  const int32_t *pack = l->pack;
  for (; chunk >= panels_of(pack); pack += PACK_WORDS) chunk -= panels_of(pack);
  int32_t k = pack[2], n = pack[3], row = pack[4], column = pack[5], first = chunk * COLUMN_TILE;
  const float *from = (const float *)locate(l->bases, pack) + (ptrdiff_t)first * column;
  float *to = (float *)locate(l->bases, pack + 6) + (ptrdiff_t)first * k;
  pack_columns(least(COLUMN_TILE, n - first), k, from, column, row, to);
}

/** Rows [from, to) of the batch, of an instruction that has as many of each. */
static void run_rows(const int32_t *words, void *const *bases, int32_t batch, int32_t from, int32_t to, uint32_t *scratch) {
  const int32_t *p = words + 2;
  if (words[0] == INSTRUCTION_PRODUCTS) {
    struct products products;
    read_products(&products, p, bases, scratch);
    products.tape.in_loop = 1;
    run_products(&products, from, to, 0, products.n);
  } else if (words[0] == INSTRUCTION_ELEMENTWISE) {
    struct elementwise e;
    read_elementwise(&e, p, INT32_MAX, bases, scratch);
    e.tape.in_loop = 1;
    /* One long row is cut by columns. */
    int32_t n = e.tape.rank == 1 ? e.columns : e.rows, first = cut(n, batch, from), count = cut(n, batch, to) - first;
    if (e.tape.rank == 1) run_tape(&e.tape, 0, 1, first, count);
    else run_tape(&e.tape, first, count, 0, e.columns);
  } else {
    struct reduce r;
    int32_t own[9], outer = p[2] / batch;
    for (int32_t i = 0; i < 9; i++) own[i] = p[i];
    own[2] = outer * (to - from);
    own[6] += outer * from * p[3] * p[4];
    own[8] += outer * from * p[4];
    read_reduce(&r, own, bases, (union cell *)(scratch + TAPE_SCRATCH_WORDS + GEMM_SCRATCH_WORDS));
    for (int32_t i = 0, n = reduce_chunks(&r); i < n; i++) reduce_chunk(&r, i);
    if (reduce_combine_chunks(&r)) reduce_combine(&r);
  }
}

/** All steps for the rows of a strip. */
static void loop_strip(const struct loop *l, int32_t strip, uint32_t *scratch) {
  void *table[MAX_LOCALS];
  int32_t from = cut(l->rows, l->strips, strip), to = cut(l->rows, l->strips, strip + 1);
  for (int32_t i = 0; i < l->length; i++) {
    const int32_t *words = l->body;
    point_locals(l, i, table);
    for (int32_t k = 0; k < l->instructions; k++, words += words[1]) run_rows(words, table, l->rows, from, to, scratch);
  }
}

/** Whether the matrices that a loop multiplies by are too large for the cache of one thread. */
static int has_far_matrices(const struct loop *l) {
  int64_t bytes = 0;
  const int32_t *words = l->body;
  for (int32_t i = 0; i < l->instructions; i++, words += words[1])
    for (int32_t k = 0; words[0] == INSTRUCTION_PRODUCTS && k < words[4]; k++)
      bytes += words[12 + PRODUCT_WORDS * k] > 0 ? 0 : (int64_t)words[3] * words[5 + PRODUCT_WORDS * k] * (int64_t)sizeof(float);
  return bytes > NEAR_BYTES;
}

/** All steps, where a thread has some of the columns of the products, and keeps its part of what they multiply by in its cache. Threads meet after each instruction. */
static void loop_by_columns(const struct loop *l, const struct member *me) {
  void *table[MAX_LOCALS];
  int32_t from = cut(l->rows, me->team, me->number), to = cut(l->rows, me->team, me->number + 1);
  for (int32_t i = 0; i < l->length; i++) {
    const int32_t *words = l->body;
    point_locals(l, i, table);
    for (int32_t k = 0; k < l->instructions; k++, words += words[1]) {
      if (i || k) barrier(me);
      if (words[0] != INSTRUCTION_PRODUCTS) {
        if (from < to) run_rows(words, table, l->rows, from, to, me->scratch);
        continue;
      }
      int32_t n = words[3], tiles = divide_up(n, COLUMN_TILE), first = cut(tiles, me->team, me->number) * COLUMN_TILE;
      int32_t last = least(n, cut(tiles, me->team, me->number + 1) * COLUMN_TILE);
      for (int32_t row = 0, next; row < l->rows && first < last; row = next) {
        struct products products;
        read_products(&products, words + 2, table, me->scratch);
        products.tape.in_loop = 1;
        next = least(l->rows, row + STRIP_ROWS);
        run_products(&products, row, next, first, last);
      }
    }
  }
}
