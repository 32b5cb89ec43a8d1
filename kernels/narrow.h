/*
 * The GEMM of few columns, which would leave most lanes of a vector without work. Included by gemm.h.
 *
 * DOTS: rows of A lie along k, so that results are inner products of them with columns of B, which all threads lay out along k first.
 * TURNED: columns of A lie side by side, so that the product is turned: rows of A take the lanes, and B's columns are what is
 * broadcast. The result is turned back before the tape sees it.
 */
#pragma once
#include "dot-tile.h"

/* Most columns: as many as scratch has room for at any number of rows. */
#define MOST_DOTS 16
/* With fewer k than this, adding up the lanes takes longer than it saves. */
#define LEAST_DOT_DEPTH 64
#define DOTS_ROW_BLOCK (4 * DOT_ROWS)
#define TURNED_ROW_BLOCK (2 * COLUMN_TILE)
/* Columns of B that are turned in registers at a time. */
#define TURNED_COLUMNS 4

/** Which of the two a product is done by, if any. Depends on its shape and strides alone. */
static enum gemm_method narrow_method(const struct gemm *g) {
  if (g->n > MOST_DOTS || g->n % COLUMN_TILE == 0 || g->m <= SKINNY || g->k > LONG_GEMM) return LOOSE_A;
  if (g->a_column == 1 && g->k >= LEAST_DOT_DEPTH && (g->b_row == 1 || g->batch == 1)) return DOTS;
  return VW == 16 && g->a_row == 1 && g->n <= ROW_TILE && g->m >= COLUMN_TILE ? TURNED : LOOSE_A;
}

/** Rows of a region. */
static int32_t narrow_row_block(enum gemm_method method) {
  return method == DOTS ? DOTS_ROW_BLOCK : method == TURNED ? TURNED_ROW_BLOCK : NARROW_ROW_BLOCK;
}

/** Whether B's columns are laid out along k first. */
static int packs_dots(const struct gemm *g) { return g->method == DOTS && g->b_row != 1; }

/** Part `part` of B's columns along k: packed[n, k] = B[k, n]. */
static void pack_dots(const struct gemm *g, int32_t part) {
  int32_t first = cut_by(VW, g->k, g->pack_parts, part), end = cut_by(VW, g->k, g->pack_parts, part + 1);
  int32_t k = first;
  if (g->b_column == 1 && g->n >= TURNED_COLUMNS)
    for (; k + VW <= end; k += VW)
      for (int32_t n = 0; n < g->n; n += TURNED_COLUMNS) {
        f32v columns[TURNED_COLUMNS];
        int32_t from = least(n, g->n - TURNED_COLUMNS);
        transpose_four(g->b + k * g->b_row + from, g->b_row, VW - 1, columns);
        for (int q = 0; q < TURNED_COLUMNS; q++) store(g->packed + (ptrdiff_t)(from + q) * g->k + k, columns[q]);
      }
  for (int32_t n = 0; n < g->n; n++)
    for (int32_t i = k; i < end; i++) g->packed[(ptrdiff_t)n * g->k + i] = g->b[i * g->b_row + n * g->b_column];
}

/** The region's result into c, by blocks of k that stay in the first-level cache. */
static void multiply_dots(const struct gemm *g, const struct region *at, float *c, ptrdiff_t c_row) {
  int32_t row_tiles = divide_up(at->rows, DOT_ROWS), column_tiles = divide_up(at->columns, DOT_UNITS);
  const float *a = g->a + at->batch * g->a_batch + at->row * g->a_row;
  const float *b = packs_dots(g) ? g->packed : g->b + at->batch * g->b_batch;
  ptrdiff_t b_line = packs_dots(g) ? g->k : g->b_column;
  for (int32_t d = 0; d < g->depth_blocks; d++) {
    int32_t k = cut_by(VW, g->k, g->depth_blocks, d), depth = cut_by(VW, g->k, g->depth_blocks, d + 1) - k;
    for (int32_t j = 0; j < column_tiles; j++) {
      int32_t column = cut(at->columns, column_tiles, j), width = cut(at->columns, column_tiles, j + 1) - column;
      for (int32_t i = 0; i < row_tiles; i++) {
        int32_t row = cut(at->rows, row_tiles, i), height = cut(at->rows, row_tiles, i + 1) - row;
        struct dots tile = {.depth = depth,
                            .x = a + row * g->a_row + k,
                            .x_row = g->a_row,
                            .rows = lane_numbers,
                            .m = b + (at->column + column) * b_line + k,
                            .m_row = b_line,
                            .out = c + row * c_row + column,
                            .out_row = c_row,
                            .add = d > 0};
        dot_kernels[width - 1][height - 1](&tile);
      }
    }
  }
}

/** The region's result into c, turned in between: [columns of B][rows of A], then rows of g->n numbers. */
static void multiply_turned(const struct gemm *g, const struct region *at, float *c) {
  int32_t row = round_up(at->rows, COLUMN_TILE);
  float *turned = c + round_up(TURNED_ROW_BLOCK * ROW_TILE, VW);
  for (int32_t d = 0; d < g->depth_blocks; d++) {
    int32_t k = cut(g->k, g->depth_blocks, d), depth = cut(g->k, g->depth_blocks, d + 1) - k;
    const float *a = g->a + at->batch * g->a_batch + at->row + k * g->a_column;
    for (int32_t i = 0; i < at->rows; i += COLUMN_TILE) {
      int32_t width = least(COLUMN_TILE, at->rows - i);
      struct block block = {.depth = depth,
                            .a = g->b + at->batch * g->b_batch + k * g->b_row,
                            .a_row = g->b_column,
                            .a_step = g->b_row,
                            .b = a + i,
                            .b_step = g->a_column,
                            .c = turned + i,
                            .c_row = row,
                            .add = d > 0};
      if (width < COLUMN_TILE) {
        pack_columns(width, depth, a + i, 1, g->a_column, g->local_b);
        block.b = g->local_b;
        block.b_step = COLUMN_TILE;
      }
      loose_kernels[COLUMN_VECTORS > 1 && width <= VW][g->n - 1](&block);
    }
  }
  pack_rows[g->n - 1](at->rows, turned, row, 1, c);
}
