/* The GEMM of few rows, which reads B in order. Included by gemm.h. */
#pragma once

/** c[i, j] = Σ a[i, k] b[k, j] where B's rows are long: four of them are added to the sums, in the first-level cache, at a time. */
static void add_long_rows(const int32_t rows, const struct block *block, int32_t columns) {
  const float *a = block->a, *b = block->b;
  int32_t whole = columns / VW * VW;
  for (int32_t i = 0; i < rows; i++)
    for (int32_t j = 0; j < block->c_row; j++) block->c[i * block->c_row + j] = 0;
  for (int32_t k = 0; k < block->depth; k += 4, b += 4 * block->b_step) {
    int32_t depth = least(4, block->depth - k);
    for (int32_t i = 0; i < rows; i++) {
      float left[4] = {0, 0, 0, 0}, *sum = block->c + i * block->c_row;
      for (int32_t q = 0; q < depth; q++) left[q] = a[i * block->a_row + (k + q) * block->a_step];
      if (depth == 4)
        for (int32_t j = 0; j < whole; j += VW) {
          f32v s = muladd(splat(left[0]), load(b + j), load(sum + j));
          s = muladd(splat(left[1]), load(b + block->b_step + j), s);
          s = muladd(splat(left[2]), load(b + 2 * block->b_step + j), s);
          store(sum + j, muladd(splat(left[3]), load(b + 3 * block->b_step + j), s));
        }
      for (int32_t q = 0; q < depth; q++)
        for (int32_t j = depth == 4 ? whole : 0; j < columns; j++) sum[j] += left[q] * b[q * block->b_step + j];
    }
  }
}

/* Where B's rows are short: vectors of columns whose sums for all rows are in registers at a time. */
#if VW == 4
#define ADD_VECTORS(ROWS) ((ROWS) == 1 ? 8 : (ROWS) == 2 ? 4 : 2)
#else
#define ADD_VECTORS(ROWS) ((ROWS) <= 2 ? 8 : 4)
#endif

/** c[i, j] = Σ a[i, k] b[k, j] for `depth` k in order; `count` columns of one vector, or as many vectors where that is 0. */
INLINE void add_columns(const int rows, const int vectors, int32_t count, const struct block *block) {
  f32v sum[SKINNY][8];
  const float *a = block->a, *b = block->b;
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++) sum[i][j] = (f32v){};
  for (int32_t k = block->depth; k > 0; k--, a += block->a_step, b += block->b_step) {
    f32v row[8];
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++) row[j] = count ? load_some(b, count) : load(b + j * VW);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      f32v factor = broadcast(a + i * block->a_row);
#pragma GCC unroll 8
      for (int j = 0; j < vectors; j++) sum[i][j] = muladd(factor, row[j], sum[i][j]);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++) store(block->c + i * block->c_row + j * VW, sum[i][j]);
}

/** All columns of a region, in long pieces, then in shorter ones. What c has too much behind the last is of no meaning. */
INLINE void add_all_columns(const int rows, struct block block, int32_t columns) {
  const int wide = ADD_VECTORS(rows);
  int32_t width = VW;
  for (; columns > 0; columns -= width, block.b += width, block.c += width) {
    if (columns >= wide * VW) add_columns(rows, wide, 0, &block), width = wide * VW;
    else if (columns >= 2 * VW) add_columns(rows, 2, 0, &block), width = 2 * VW;
    else if (columns >= VW) add_columns(rows, 1, 0, &block), width = VW;
    else add_columns(rows, 1, columns, &block);
  }
}

#define DEFINE_ADD(ROWS) \
  NOINLINE void add_##ROWS##_rows(struct block block, int32_t columns) { add_all_columns(ROWS, block, columns); }
DEFINE_ADD(1)
DEFINE_ADD(2)
DEFINE_ADD(3)
DEFINE_ADD(4)
typedef void add_function(struct block, int32_t);
/* [rows − 1] */
static add_function *const add_kernels[SKINNY] = {add_1_rows, add_2_rows, add_3_rows, add_4_rows};

/** The region's result into c, row by row of B. */
static void add_rows(const struct gemm *g, const struct region *at, float *c, ptrdiff_t c_row) {
  double *totals = (double *)g->local_a;
  struct block block = {.a = g->a + at->batch * g->a_batch + at->row * g->a_row,
                        .a_row = g->a_row,
                        .a_step = g->a_column,
                        .b = g->b + at->batch * g->b_batch + at->column,
                        .b_step = g->b_row,
                        .c = c,
                        .c_row = c_row};
  for (int32_t k = 0; k < g->k; k += SHORT_SUM) {
    block.depth = least(SHORT_SUM, g->k - k);
    if (g->n > STRIP) add_long_rows(at->rows, &block, at->columns);
    else add_kernels[at->rows - 1](block, at->columns);
    if (g->k > SHORT_SUM) fold_sums(c, totals, at->rows * (int32_t)c_row, k == 0, k + block.depth == g->k);
    block.a += block.depth * block.a_step;
    block.b += block.depth * block.b_step;
  }
}
