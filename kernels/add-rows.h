/* The GEMM of few rows, which reads B in order: a row of it is added to each row of the result. Included by gemm.h. */
#pragma once

/** c[i, :] = Σ a[i, k] b[k, :] over k from `first` to `end`, four at a time, in order. */
static void add_some_rows(const struct gemm *g, const struct region *at, int32_t first, int32_t end, float *c,
                          ptrdiff_t c_row) {
  const float *a = g->a + at->batch * g->a_batch + at->row * g->a_row;
  const float *b = g->b + at->batch * g->b_batch + first * g->b_row + at->column;
  int32_t whole = at->columns / VW * VW;
  for (int32_t i = 0; i < at->rows; i++)
    for (int32_t j = 0; j < c_row; j++) c[i * c_row + j] = 0;
  for (int32_t k = first; k < end; k += 4, b += 4 * g->b_row) {
    int32_t depth = least(4, end - k);
    for (int32_t i = 0; i < at->rows; i++) {
      float left[4] = {0, 0, 0, 0}, *sum = c + i * c_row;
      for (int32_t q = 0; q < depth; q++) left[q] = a[i * g->a_row + (k + q) * g->a_column];
      if (depth == 4)
        for (int32_t j = 0; j < whole; j += VW) {
          f32v s = muladd(splat(left[0]), load(b + j), load(sum + j));
          s = muladd(splat(left[1]), load(b + g->b_row + j), s);
          s = muladd(splat(left[2]), load(b + 2 * g->b_row + j), s);
          store(sum + j, muladd(splat(left[3]), load(b + 3 * g->b_row + j), s));
        }
      for (int32_t q = 0; q < depth; q++)
        for (int32_t j = depth == 4 ? whole : 0; j < at->columns; j++) sum[j] += left[q] * b[q * g->b_row + j];
    }
  }
}

/** The region's result into c, row by row of B. */
static void add_rows(const struct gemm *g, const struct region *at, float *c, ptrdiff_t c_row) {
  double *totals = (double *)g->local_a;
  for (int32_t k = 0; k < g->k; k += SHORT_SUM) {
    int32_t end = k + least(SHORT_SUM, g->k - k);
    add_some_rows(g, at, k, end, c, c_row);
    if (g->k > SHORT_SUM) fold_sums(c, totals, at->rows * (int32_t)c_row, k == 0, end == g->k);
  }
}
