/*
 * Sums of rows that lie anywhere, each row by a factor, one long piece of a sum in registers: for sums that share few rows.
 */
#pragma once
#include "vector.h"

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
