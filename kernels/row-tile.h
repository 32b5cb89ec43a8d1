/*
 * Sums of rows that lie anywhere, each row by a factor. A tile of several sums in registers where many sums take the same rows
 * (row_tile), and one long piece of a single sum where they don't (sum_rows).
 */
#pragma once
#include "pack.h"

/* Rows that are taken together, at most. */
#define ROWS_DEPTH 512

/** c[c_at[i] + j] (+)= Σ_k a[k·a_step + i] b[b_at[k] + j], for as many i as the kernel is high. */
struct row_tile {
  int32_t depth;
  const float *a;
  ptrdiff_t a_step;
  const float *b;
  const int32_t *b_at;
  float *c;
  const int32_t *c_at;
  int add; /* to what c holds */
};

/** The sizes are constants at every call, so that all loops but that over k unroll. */
INLINE void multiply_rows(const int height, const int vectors, const struct row_tile *t) {
  f32v sum[ROW_TILE][2];
#pragma GCC unroll 16
  for (int i = 0; i < height; i++)
#pragma GCC unroll 2
    for (int j = 0; j < vectors; j++) sum[i][j] = t->add ? load(t->c + t->c_at[i] + j * VW) : (f32v){};
  const float *a = t->a, *b = t->b;
  const int32_t *b_at = t->b_at;
  ptrdiff_t a_step = t->a_step;
  for (int32_t k = t->depth; k > 0; k--, a += a_step, b_at++) {
    const float *line = b + *b_at;
    f32v row[2];
#pragma GCC unroll 2
    for (int j = 0; j < vectors; j++) row[j] = load(line + j * VW);
#pragma GCC unroll 16
    for (int i = 0; i < height; i++) {
      f32v factor = broadcast(a + i);
#pragma GCC unroll 2
      for (int j = 0; j < vectors; j++) sum[i][j] = muladd(factor, row[j], sum[i][j]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < height; i++)
#pragma GCC unroll 2
    for (int j = 0; j < vectors; j++) store(t->c + t->c_at[i] + j * VW, sum[i][j]);
}

typedef void row_tile_function(const struct row_tile *);
#define DEFINE_ROW_TILES(H)                                                                 \
  NOINLINE void row_tile_wide_##H(const struct row_tile *t) { multiply_rows(H, 2, t); }     \
  NOINLINE void row_tile_narrow_##H(const struct row_tile *t) { multiply_rows(H, 1, t); }
FOR_EACH_HEIGHT(DEFINE_ROW_TILES)
#define ROW_TILE_WIDE(H) row_tile_wide_##H,
#define ROW_TILE_NARROW(H) row_tile_narrow_##H,
/* [vectors − 1][height − 1] */
static row_tile_function *const row_tiles[2][ROW_TILE] = {{FOR_EACH_HEIGHT(ROW_TILE_NARROW)},
                                                          {FOR_EACH_HEIGHT(ROW_TILE_WIDE)}};

/**
 * row_tile's result for `columns` columns, of `height` rows. Columns that don't fill a vector are done in `room`, which has
 * space for (depth + height)·VW numbers.
 */
static void multiply_row_strip(const struct row_tile *strip, int32_t height, int32_t columns, float *room) {
  struct row_tile t = *strip;
  int32_t j = 0;
  for (int vectors = 2; vectors > 0; vectors--)
    for (; j + vectors * VW <= columns; j += vectors * VW) {
      t.b = strip->b + j;
      t.c = strip->c + j;
      row_tiles[vectors - 1][height - 1](&t);
    }
  int32_t rest = columns - j;
  if (rest == 0) return;
  int32_t b_at[ROWS_DEPTH], c_at[ROW_TILE];
  float *c = room + (ptrdiff_t)t.depth * VW;
  for (int32_t k = 0; k < t.depth; k++) {
    store(room + k * VW, load_some(strip->b + strip->b_at[k] + j, rest));
    b_at[k] = k * VW;
  }
  for (int32_t i = 0; i < height; i++) {
    if (t.add) store(c + i * VW, load_some(strip->c + strip->c_at[i] + j, rest));
    c_at[i] = i * VW;
  }
  t.b = room;
  t.b_at = b_at;
  t.c = c;
  t.c_at = c_at;
  row_tiles[0][height - 1](&t);
  for (int32_t i = 0; i < height; i++) store_some(strip->c + strip->c_at[i] + j, load(c + i * VW), rest);
}

/** to[j] (+)= Σ_t factor[t·factor_step] · from[rows[t]·row_step + j]. */
struct row_sum {
  int32_t count;
  const float *factor;
  ptrdiff_t factor_step;
  const int32_t *rows;
  ptrdiff_t row_step;
  const float *from;
  float *to;
  int add; /* to what `to` holds */
};

#define LONG_VECTORS 8

/** `count` lanes of the one vector, or all lanes of all vectors where that is 0. */
INLINE void sum_piece(const int vectors, int32_t count, const struct row_sum *s, int32_t column) {
  f32v sum[LONG_VECTORS];
  float *to = s->to + column;
#pragma GCC unroll 8
  for (int j = 0; j < vectors; j++)
    sum[j] = !s->add ? (f32v){} : count ? load_some(to, count) : load(to + j * VW);
  const float *factor = s->factor, *from = s->from + column;
  for (int32_t t = 0; t < s->count; t++, factor += s->factor_step) {
    f32v by = broadcast(factor);
    const float *row = from + s->rows[t] * s->row_step;
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++) sum[j] = muladd(by, count ? load_some(row, count) : load(row + j * VW), sum[j]);
  }
#pragma GCC unroll 8
  for (int j = 0; j < vectors; j++)
    if (count) store_some(to, sum[j], count);
    else store(to + j * VW, sum[j]);
}

/** As many columns. */
static void sum_rows(const struct row_sum *s, int32_t columns) {
  int32_t j = 0;
  for (; j + LONG_VECTORS * VW <= columns; j += LONG_VECTORS * VW) sum_piece(LONG_VECTORS, 0, s, j);
  for (; j + 4 * VW <= columns; j += 4 * VW) sum_piece(4, 0, s, j);
  for (; j + VW <= columns; j += VW) sum_piece(1, 0, s, j);
  if (j < columns) sum_piece(1, columns - j, s, j);
}
