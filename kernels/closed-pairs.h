/*
 * The matrix products of a dense plan take closed pairs as well. Their factor is 0 and adds nothing, unless it meets a number that is
 * not finite: 0 · Inf is NaN. Rows of a result that are not finite are therefore summed again, over open pairs alone. Included by
 * gemm.h.
 */
#pragma once
#include "routing.h"

/* Columns that are summed again together. */
#define MENDED_COLUMNS 64

/** Whether all of some rows of n numbers, `step` apart, are finite. */
NOINLINE int all_finite(const float *from, ptrdiff_t step, int32_t rows, int32_t n) {
  f32v sum[4] = {};
  float rest = 0;
  for (int32_t r = 0; r < rows; r++, from += step) {
    int32_t i = 0;
    for (; i + 4 * VW <= n; i += 4 * VW)
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) sum[j] = muladd(load(from + i + j * VW), splat(0), sum[j]);
    for (; i + VW <= n; i += VW) sum[0] = muladd(load(from + i), splat(0), sum[0]);
    for (; i < n; i++) rest += from[i] * 0.0f;
  }
  f32v all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  return rest == rest && !any(all != all);
}

/** Whether results of a region may owe something to closed pairs. Operands are looked at where they are fewer than results. */
NOINLINE int meets_closed(const struct gemm *g, const struct region *at) {
  if (!g->plan) return 0;
  if ((int64_t)g->k * (at->rows + at->columns) >= (int64_t)at->rows * at->columns) return 1;
  const float *a = g->a + at->row * g->a_row;
  int finite = g->a_row == 1 ? all_finite(a, g->a_column, g->k, at->rows) : all_finite(a, g->a_row, at->rows, g->k);
  return !finite || !all_finite(g->b + at->column, g->b_row, g->k, at->columns);
}

static int adds_to(const struct gemm *g, int32_t row, int32_t k) {
  return g->rows_are_units ? is_open(g->plan, k, row / g->units) : is_open(g->plan, row, k / g->units);
}

/** Sums part of a row again. A row of B is contiguous. */
NOINLINE void mend_row(const struct gemm *g, int32_t row, int32_t column, int32_t columns, float *c) {
  for (int32_t j = 0; j < columns; j += MENDED_COLUMNS) {
    int32_t width = least(MENDED_COLUMNS, columns - j);
    double sum[MENDED_COLUMNS] = {0};
    for (int32_t k = 0; k < g->k; k++) {
      if (!adds_to(g, row, k)) continue;
      double a = g->a[row * g->a_row + k * g->a_column];
      const float *b = g->b + k * g->b_row + column + j;
      for (int32_t i = 0; i < width; i++) sum[i] += a * b[i];
    }
    for (int32_t i = 0; i < width; i++) c[j + i] = (float)sum[i];
  }
}

/** Sums rows of a region's result again that are not finite. */
NOINLINE void mend_rows(const struct gemm *g, const struct region *at, float *c, ptrdiff_t c_row) {
  for (int32_t i = 0; i < at->rows; i++, c += c_row)
    if (!all_finite(c, 0, 1, at->columns)) mend_row(g, at->row + i, at->column, at->columns, c);
}
