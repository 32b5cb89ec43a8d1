/* A GEMM's A in panels of rows, as its innermost loop reads it. Included by gemm.h. */
#pragma once

/** Panels [from, to) of `rows` rows of A, `depth` columns, one after the other. */
static void pack_panels(const struct gemm *g, const float *a, int32_t rows, int32_t depth, int32_t from, int32_t to,
                        float *packed) {
  int32_t panels = divide_up(rows, ROW_TILE);
  /* Where A's columns are contiguous, neighbouring panels share cache lines: all of them take a few columns at a time. */
  int32_t step = g->a_row == 1 ? PACK_DEPTH : depth;
  for (int32_t k = 0; k < depth; k += step)
    for (int32_t p = from; p < to; p++) {
      int32_t row = cut(rows, panels, p), height = cut(rows, panels, p + 1) - row;
      pack_rows[height - 1](least(step, depth - k), a + row * g->a_row + k * g->a_column, g->a_row, g->a_column,
                            packed + row * depth + k * height);
    }
}

/** Where packed A holds rows from `row` (of `rows`) and columns from `depth0`: [row block][depth block][panel][k][row]. */
static float *packed_block(const struct gemm *g, int32_t row, int32_t rows, int32_t depth0) {
  return g->packed + (ptrdiff_t)row * g->k + (ptrdiff_t)rows * depth0;
}

/** One part of one block of the shared A. */
static void pack_shared_chunk(const struct gemm *g, int32_t chunk) {
  int32_t part = chunk % g->pack_parts;
  int32_t depth_block = chunk / g->pack_parts % g->depth_blocks;
  int32_t row_block = chunk / g->pack_parts / g->depth_blocks;
  int32_t row = cut(g->m, g->row_blocks, row_block), rows = cut(g->m, g->row_blocks, row_block + 1) - row;
  int32_t depth0 = cut(g->k, g->depth_blocks, depth_block), depth = cut(g->k, g->depth_blocks, depth_block + 1) - depth0;
  int32_t panels = divide_up(rows, ROW_TILE);
  pack_panels(g, g->a + row * g->a_row + depth0 * g->a_column, rows, depth, cut(panels, g->pack_parts, part),
              cut(panels, g->pack_parts, part + 1), packed_block(g, row, rows, depth0));
}
