/*
 * PRODUCTS: matrix products of the same rows and columns whose results meet in one tape, for rows of a loop's batch. What they multiply by was
 * packed once for the whole loop. Every result is a sum over k in order, whichever rows are computed together.
 */
#pragma once
#include "gemm.h"

#define PRODUCT_WORDS 7
/* Floats of results that are in the first-level cache together. */
#define RESULTS_NEAR 8192

struct product {
  int32_t k;
  const float *a;
  ptrdiff_t a_row, a_column;
  const float *b;
};

struct products {
  int32_t rows, n, count;
  struct product product[MAX_PRODUCTS];
  float *result;
  struct tape tape;
};

static void read_products(struct products *p, const int32_t *words, void *const *bases, uint32_t *scratch) {
  p->rows = words[0];
  p->n = words[1];
  p->count = words[2];
  words += 3;
  for (int32_t i = 0; i < p->count; i++, words += PRODUCT_WORDS)
    p->product[i] = (struct product){.k = words[0],
                                     .a = (const float *)locate(bases, words + 1),
                                     .a_row = words[3],
                                     .a_column = words[4],
                                     .b = (const float *)locate(bases, words + 5)};
  int32_t dims[3] = {1, p->rows, p->n};
  read_tape(&p->tape, words, 3, dims, bases, scratch);
  p->result = (float *)scratch + TAPE_SCRATCH_WORDS;
}

/** Rows from `row` on of one product, `columns` of them from `column` on, into c. */
static void multiply_rows(const struct product *p, int32_t row, int32_t rows, int32_t column, int32_t columns, float *c,
                          ptrdiff_t c_row) {
  int32_t panels = divide_up(rows, ROW_TILE);
  for (int32_t j = 0; j < columns; j += COLUMN_TILE) {
    int narrow = COLUMN_VECTORS > 1 && columns - j <= VW;
    const float *b = p->b + (ptrdiff_t)(column + j) * p->k;
    for (int32_t depth = 0; depth < p->k; depth += DEPTH_BLOCK)
      for (int32_t i = 0; i < panels; i++) {
        int32_t first = cut(rows, panels, i), height = cut(rows, panels, i + 1) - first;
        struct block block = {.depth = least(DEPTH_BLOCK, p->k - depth),
                              .a = p->a + (row + first) * p->a_row + depth * p->a_column,
                              .a_row = p->a_row,
                              .a_step = p->a_column,
                              .b = b + depth * COLUMN_TILE,
                              .b_step = COLUMN_TILE,
                              .c = c + first * c_row + j,
                              .c_row = c_row,
                              .add = depth > 0};
        loose_kernels[narrow][height - 1](&block);
      }
  }
}

/** Rows [from, to) of all products, and the tape on them. */
static void run_products(struct products *p, int32_t from, int32_t to) {
  int32_t rows = to - from, columns = RESULTS_NEAR / (p->count * rows) / COLUMN_TILE * COLUMN_TILE;
  int32_t width = least(most(columns, COLUMN_TILE), round_up(p->n, COLUMN_TILE));
  for (int32_t column = 0; column < p->n; column += width) {
    int32_t wide = least(width, p->n - column);
    for (int32_t i = 0; i < p->count; i++) {
      float *c = p->result + (ptrdiff_t)i * rows * width;
      multiply_rows(&p->product[i], from, rows, column, wide, c, width);
      place_result(&p->tape, i, c, width, from, column);
    }
    run_tape(&p->tape, from, rows, column, wide);
  }
}
