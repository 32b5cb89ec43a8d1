/* Totals in double precision of a GEMM over very many k. Included by gemm.h. */
#pragma once

/** Whether sums are so long that blocks of k have totals. */
static int has_totals(const struct gemm *g) { return g->depth_blocks > g->short_blocks; }

/** Behind block d of k: where those are complete that are added in float32, to the totals; behind the last, the totals to c. */
static void fold_block(const struct gemm *g, int32_t d, float *c, double *totals, int32_t n) {
  int is_last = d == g->depth_blocks - 1;
  if (is_last || d % g->short_blocks == g->short_blocks - 1) fold_sums(c, totals, n, d < g->short_blocks, is_last);
}
