/*
 * Inner products of rows with rows, for products whose operands both lie along the summed axis: a tile of them in registers, each
 * a vector of partial sums until the end. Nothing is packed or transposed, and rows are read where they lie.
 */
#pragma once
#include "pack.h"

#define DOT_ROWS 6
#if VW == 16
#define DOT_UNITS 4
#else
#define DOT_UNITS 2
#endif
/* Vectors between two looks at the loop's end. */
#if defined(__wasm__)
#define DOT_UNROLL 2
#else
#define DOT_UNROLL 4
#endif

/** out[i, u] (+)= Σ_d x[rows[i], d] m[u, d]. */
struct dots {
  int32_t depth;
  const float *x;
  ptrdiff_t x_row;
  const int32_t *rows;
  const float *m;
  ptrdiff_t m_row;
  float *out;
  ptrdiff_t out_row;
  int add; /* to what out holds */
  struct fetch ahead;
};

/** Each lane the sum of one vector's lanes. */
INLINE f32x4 sum_lanes(f32v a, f32v b, f32v c, f32v d) {
  f32v ab = EACH_QUARTER(a, b, 0, VW, 1, VW + 1) + EACH_QUARTER(a, b, 2, VW + 2, 3, VW + 3);
  f32v cd = EACH_QUARTER(c, d, 0, VW, 1, VW + 1) + EACH_QUARTER(c, d, 2, VW + 2, 3, VW + 3);
  f32v all = EACH_QUARTER(ab, cd, 0, 1, VW, VW + 1) + EACH_QUARTER(ab, cd, 2, 3, VW + 2, VW + 3);
#if VW == 4
  return (f32x4)all;
#elif VW == 8
  return __builtin_shufflevector(all, all, 0, 1, 2, 3) + __builtin_shufflevector(all, all, 4, 5, 6, 7);
#else
  f32x4 low = __builtin_shufflevector(all, all, 0, 1, 2, 3) + __builtin_shufflevector(all, all, 4, 5, 6, 7);
  f32x4 high = __builtin_shufflevector(all, all, 8, 9, 10, 11) + __builtin_shufflevector(all, all, 12, 13, 14, 15);
  return low + high;
#endif
}

/** One vector of each row, from column d on: `count` lanes of it, or all where that is 0. */
INLINE void dot_step(const int rows, const int units, const float *const *x, const float *const *m, int32_t d, int32_t count,
                     f32v *sum) {
  f32v unit[DOT_UNITS];
#pragma GCC unroll 8
  for (int u = 0; u < units; u++) unit[u] = count ? load_some(m[u] + d, count) : load(m[u] + d);
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    f32v row = count ? load_some(x[i] + d, count) : load(x[i] + d);
#pragma GCC unroll 8
    for (int u = 0; u < units; u++) sum[i * units + u] = muladd(row, unit[u], sum[i * units + u]);
  }
}

/* Sums of a tile that don't wait for each other: a multiply-add takes longer than the next one needs to start. */
#define DOT_CHAINS(SUMS) ((SUMS) <= 2 ? DOT_UNROLL : 1)

/** The sizes are constants at every call, so that all loops but that along the rows unroll. */
INLINE void dot_tile(const int rows, const int units, const struct dots *t) {
  const float *x[DOT_ROWS], *m[DOT_UNITS];
  const int chains = DOT_CHAINS(rows * units);
  f32v sum[DOT_ROWS * DOT_UNITS + 3], chain[3][2];
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) x[i] = t->x + t->rows[i] * t->x_row;
#pragma GCC unroll 8
  for (int u = 0; u < units; u++) m[u] = t->m + u * t->m_row;
#pragma GCC unroll 32
  for (int j = 0; j < DOT_ROWS * DOT_UNITS + 3; j++) sum[j] = (f32v){};
#pragma GCC unroll 4
  for (int q = 1; q < chains; q++)
#pragma GCC unroll 8
    for (int j = 0; j < rows * units; j++) chain[q - 1][j] = (f32v){};
  int32_t d = 0, depth = t->depth;
  struct fetch ahead = t->ahead;
  int32_t left = ahead.lines * ahead.rows, in_row = ahead.lines;
  int32_t pace = FETCHES ? divide_up(left, most(1, depth / (DOT_UNROLL * VW))) : 0;
  for (; d + DOT_UNROLL * VW <= depth; d += DOT_UNROLL * VW) {
    if (FETCHES) {
      fetch_lines(&ahead, &in_row, least(pace, left));
      left -= pace;
    }
#pragma GCC unroll 8
    for (int q = 0; q < DOT_UNROLL; q++)
      dot_step(rows, units, x, m, d + q * VW, 0, q % chains == 0 ? sum : chain[q % chains - 1]);
  }
  for (; d + VW <= depth; d += VW) dot_step(rows, units, x, m, d, 0, sum);
  if (d < depth) dot_step(rows, units, x, m, d, depth - d, sum);
#pragma GCC unroll 4
  for (int q = 1; q < chains; q++)
#pragma GCC unroll 8
    for (int j = 0; j < rows * units; j++) sum[j] += chain[q - 1][j];
  if (units == 4) {
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      f32x4 total = sum_lanes(sum[4 * i], sum[4 * i + 1], sum[4 * i + 2], sum[4 * i + 3]);
      f32x4_anywhere *out = (f32x4_anywhere *)(t->out + i * t->out_row);
      if (t->add) total += (f32x4)*out;
      *out = total;
    }
    return;
  }
  float total[DOT_ROWS * DOT_UNITS + 3];
#pragma GCC unroll 8
  for (int j = 0; j < rows * units; j += 4)
    *(f32x4_anywhere *)(total + j) = sum_lanes(sum[j], sum[j + 1], sum[j + 2], sum[j + 3]);
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    float *out = t->out + i * t->out_row;
#pragma GCC unroll 8
    for (int u = 0; u < units; u++)
      if (t->add) out[u] += total[i * units + u];
      else out[u] = total[i * units + u];
  }
}

typedef void dot_function(const struct dots *);

#define DEFINE_DOTS(ROWS, UNITS) \
  NOINLINE void dots_##ROWS##_by_##UNITS(const struct dots *t) { dot_tile(ROWS, UNITS, t); }
#define NAME_DOTS(ROWS, UNITS) dots_##ROWS##_by_##UNITS,
#define EACH_DOT_HEIGHT(K, UNITS) K(1, UNITS) K(2, UNITS) K(3, UNITS) K(4, UNITS) K(5, UNITS) K(6, UNITS)
EACH_DOT_HEIGHT(DEFINE_DOTS, 1)
EACH_DOT_HEIGHT(DEFINE_DOTS, 2)
#if DOT_UNITS == 4
EACH_DOT_HEIGHT(DEFINE_DOTS, 3)
EACH_DOT_HEIGHT(DEFINE_DOTS, 4)
#endif
/* [units − 1][rows − 1] */
static dot_function *const dot_kernels[DOT_UNITS][DOT_ROWS] = {
    {EACH_DOT_HEIGHT(NAME_DOTS, 1)},
    {EACH_DOT_HEIGHT(NAME_DOTS, 2)},
#if DOT_UNITS == 4
    {EACH_DOT_HEIGHT(NAME_DOTS, 3)},
    {EACH_DOT_HEIGHT(NAME_DOTS, 4)},
#endif
};
