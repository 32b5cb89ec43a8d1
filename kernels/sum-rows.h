/*
 * Sums of rows that lie anywhere, each row by a factor, one long piece of a sum in registers: for sums that share few rows.
 */
#pragma once
#include "stream.h"
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
  int add;      /* to what `to` holds */
  int streamed; /* past the caches; whole cache lines of whole rows */
};

/* Vectors of a piece, at most: with the factor they fill the registers. */
#if VW == 16
#define LONG_VECTORS 25
#elif VW == 8
#define LONG_VECTORS 12
#else
#define LONG_VECTORS 8
#endif

/** `count` lanes of the one vector, or all lanes of all vectors where that is 0. */
INLINE void sum_piece(const int vectors, int32_t count, const struct row_sum *s, int32_t column) {
  f32v sum[LONG_VECTORS];
  float *to = s->to + column;
#pragma GCC unroll 32
  for (int j = 0; j < vectors; j++)
    sum[j] = (f32v){};
  const float *factor = s->factor, *from = s->from + column;
  for (int32_t t = 0; t < s->count; t++, factor += s->factor_step) {
    f32v by = broadcast(factor);
    const float *row = from + s->rows[t] * s->row_step;
#pragma GCC unroll 32
    for (int j = 0; j < vectors; j++) sum[j] = muladd(by, count ? load_some(row, count) : load(row + j * VW), sum[j]);
  }
#pragma GCC unroll 32
  for (int j = 0; s->add && j < vectors; j++) sum[j] += count ? load_some(to, count) : load(to + j * VW);
  if (s->streamed && !count) {
#pragma GCC unroll 32
    for (int j = 0; j < vectors; j++) stream(to + j * VW, sum[j]);
    return;
  }
#pragma GCC unroll 32
  for (int j = 0; j < vectors; j++)
    if (count) store_some(to, sum[j], count);
    else store(to + j * VW, sum[j]);
}

typedef void piece_function(const struct row_sum *, int32_t);

#define DEFINE_PIECE(VECTORS) \
  NOINLINE void sum_piece_##VECTORS(const struct row_sum *s, int32_t column) { sum_piece(VECTORS, 0, s, column); }
#define NAME_PIECE(VECTORS) sum_piece_##VECTORS,
#define EACH_8(K) K(1) K(2) K(3) K(4) K(5) K(6) K(7) K(8)
#define EACH_12(K) EACH_8(K) K(9) K(10) K(11) K(12)
#if VW == 16
#define EACH_PIECE(K) \
  EACH_12(K) K(13) K(14) K(15) K(16) K(17) K(18) K(19) K(20) K(21) K(22) K(23) K(24) K(25)
#elif VW == 8
#define EACH_PIECE EACH_12
#else
#define EACH_PIECE EACH_8
#endif
EACH_PIECE(DEFINE_PIECE)
/* [vectors − 1] */
static piece_function *const piece_kernels[LONG_VECTORS] = {EACH_PIECE(NAME_PIECE)};

/** In how many pieces so many columns are summed, and where each begins. */
INLINE int32_t pieces_of(int32_t columns) { return most(1, divide_up(columns / VW, LONG_VECTORS)); }
INLINE int32_t piece_start(int32_t columns, int32_t piece) {
  return piece == pieces_of(columns) ? columns : cut(columns / VW, pieces_of(columns), piece) * VW;
}

/** At most SHORT_SUM rows, as many columns: whole vectors in pieces of about the same length, then what is left over. */
NOINLINE void sum_few_rows(const struct row_sum *s, int32_t columns) {
  int32_t vectors = columns / VW, pieces = divide_up(vectors, LONG_VECTORS);
  for (int32_t i = 0; i < pieces; i++) {
    int32_t from = cut(vectors, pieces, i);
    piece_kernels[cut(vectors, pieces, i + 1) - from - 1](s, from * VW);
  }
  if (vectors * VW < columns) sum_piece(1, columns - vectors * VW, s, vectors * VW);
}

/** Any number of rows, as many columns. */
static void sum_rows(const struct row_sum *s, int32_t columns) {
  if (s->count <= SHORT_SUM) {
    sum_few_rows(s, columns);
    return;
  }
  float part[LONG_VECTORS * VW];
  double total[LONG_VECTORS * VW];
  for (int32_t j = 0; j < columns; j += LONG_VECTORS * VW) {
    int32_t width = least(LONG_VECTORS * VW, columns - j);
    struct row_sum some = *s;
    some.from += j;
    some.to = part;
    some.add = some.streamed = 0;
    for (int32_t t = 0; t < s->count; t += some.count, some.rows += some.count, some.factor += some.count * s->factor_step) {
      some.count = least(SHORT_SUM, s->count - t);
      sum_few_rows(&some, width);
      fold_sums(part, total, width, t == 0, t + some.count == s->count);
    }
    for (int32_t i = 0; i < width; i++) s->to[j + i] = s->add ? s->to[j + i] + part[i] : part[i];
  }
}
