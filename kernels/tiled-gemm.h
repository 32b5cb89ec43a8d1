/*
 * The GEMM of operands rounded to bfloat16; included by gemm.h. A is packed beforehand by all threads together (in a batch, by each
 * task). A task is a block of rows by a strip of columns: it packs its strip of B, block of k by block of k, then goes through A by
 * panels of two tiles of rows. The memory stays float32: numbers are rounded as they are packed, results as the tape stores them.
 */
#pragma once
#define TILED_PANEL (2 * TILE_LINES)
/* Where B is packed again for the next block of rows. */
#define TILED_ROW_BLOCK 2048
/* Numbers of a strip of B by a block of k. */
#define TILED_STRIP_NUMBERS (2 * LOCAL_B_WORDS)
_Static_assert(TILED_PANEL * (TILED_STRIP_NUMBERS / STRIP) <= 2 * LOCAL_A_WORDS, "a panel of a block of k fits");
/* Over more k than this, results are sums in double precision of sums over as many, as in gemm.h. */
#define LONG_TILED (SHORT_SUM * TILE_DEPTH)
#define LONG_TILED_ROWS (RESULT_WORDS / 3 / STRIP / TILED_PANEL * TILED_PANEL)
_Static_assert(TILED_PANEL * WIDE_STRIP <= RESULT_WORDS, "a panel's results fit");

static int packs_a(int32_t m, int32_t n) { return m > SKINNY && n >= NARROW; }

/** Operands stay float32 in any case where A would not be packed: such products wait for memory. */
static int rounds_operands(enum precision precision, int32_t m, int32_t n) {
  return HAS_BFLOAT16 && precision != FLOAT32 && packs_a(m, n);
}

static int is_tiled(const struct gemm *g) { return HAS_BFLOAT16 && g->method == TILED; }

static int32_t tiled_scratch_words(int32_t m, int32_t k) {
  return round_up(m, TILE_LINES) * round_up(k, TILE_DEPTH) / 2;
}

static void plan_tiled(struct gemm *g, enum precision precision) {
  int wide = !g->plain && (int64_t)g->k * WIDE_STRIP <= TILED_STRIP_NUMBERS;
  int32_t strip = wide ? WIDE_STRIP : STRIP;
  g->method = TILED;
  g->tiles = precision == BFLOAT16_AMX ? AMX_TILES : &plain_tiles;
  g->strips = divide_up(g->n, strip);
  g->depth_blocks = divide_up(g->k, TILED_STRIP_NUMBERS / strip);
  g->panel_result = g->depth_blocks == 1;
  int is_long = g->k > LONG_TILED;
  g->short_blocks = is_long ? LONG_TILED / (TILED_STRIP_NUMBERS / strip) : g->depth_blocks;
  g->totals = (double *)(g->result + LONG_TILED_ROWS * STRIP);
  if (is_long) g->row_blocks = divide_up(g->m, LONG_TILED_ROWS);
  else g->row_blocks = divide_up(g->m, g->panel_result ? TILED_ROW_BLOCK : RESULT_WORDS / STRIP / TILED_PANEL * TILED_PANEL);
  /* Narrower strips where there would be few tasks. */
  if ((int64_t)g->batch * g->row_blocks * g->strips < 8)
    g->strips = least(round_up(divide_up(g->n, STRIP / 2), 4), divide_up(g->n, TILED_PANEL));
}

/** Packs one panel of A, [tile of depth][tile of rows]. */
static void pack_panel(const struct gemm *g, const float *a, int32_t rows, int32_t depth, bfloat16 *to) {
  const struct lines lines = {rows, depth, a, g->a_row, g->a_column};
  const struct tiling tiling = {to, TILE_NUMBERS, divide_up(rows, TILE_LINES) * TILE_NUMBERS};
  g->tiles->pack(LEFT, &lines, &tiling);
}

/** The packed panel that begins with `row`. */
static bfloat16 *packed_panel(const struct gemm *g, int32_t row) {
  return (bfloat16 *)g->packed + (ptrdiff_t)row * round_up(g->k, TILE_DEPTH);
}

static int32_t tiled_pack_chunks(const struct gemm *g) { return g->batch == 1 ? divide_up(g->m, TILED_PANEL) : 0; }

static void tiled_pack_chunk(const struct gemm *g, int32_t chunk) {
  int32_t row = chunk * TILED_PANEL;
  pack_panel(g, g->a + row * g->a_row, least(TILED_PANEL, g->m - row), g->k, packed_panel(g, row));
}

/** Part `part` of `parts` of n, a multiple of `unit` but for the last. */
static int32_t cut_by(int32_t unit, int32_t n, int32_t parts, int32_t part) {
  return least(cut(divide_up(n, unit), parts, part) * unit, n);
}

/** A panel of A times the strip of B that is packed, to c. */
static void multiply_tiled_panel(const struct gemm *g, struct tile_block *block, int32_t column_tiles, float *c) {
  const bfloat16 *b = (const bfloat16 *)g->local_b;
  for (int32_t j = 0; j < column_tiles; j += 2) {
    block->columns = least(2, column_tiles - j);
    block->b = b + j * TILE_NUMBERS;
    block->c = c + j * TILE_LINES;
    g->tiles->multiply(block);
  }
}

static void tiled_chunk(struct gemm *g, int32_t chunk) {
  int32_t row_block = chunk % g->row_blocks, strip = chunk / g->row_blocks % g->strips;
  int32_t batch = chunk / g->strips / g->row_blocks;
  int32_t row0 = cut_by(TILED_PANEL, g->m, g->row_blocks, row_block);
  int32_t row_end = cut_by(TILED_PANEL, g->m, g->row_blocks, row_block + 1);
  int32_t column0 = cut_by(TILED_PANEL, g->n, g->strips, strip);
  int32_t columns = cut_by(TILED_PANEL, g->n, g->strips, strip + 1) - column0;
  int32_t column_tiles = divide_up(columns, TILE_LINES), width = column_tiles * TILE_LINES;
  const struct region all = {batch, row0, row_end - row0, column0, columns};
  int mends = meets_closed(g, &all);

  g->tiles->start();
  for (int32_t d = 0; d < g->depth_blocks; d++) {
    int32_t depth0 = cut_by(TILE_DEPTH, g->k, g->depth_blocks, d);
    int32_t depth = cut_by(TILE_DEPTH, g->k, g->depth_blocks, d + 1) - depth0;
    const float *a = g->a + batch * g->a_batch + depth0 * g->a_column;
    const float *b = g->b + batch * g->b_batch + depth0 * g->b_row + column0 * g->b_column;
    const struct lines lines = {columns, depth, b, g->b_column, g->b_row};
    const struct tiling tiling = {(bfloat16 *)g->local_b, TILE_NUMBERS, column_tiles * TILE_NUMBERS};
    g->tiles->pack(RIGHT, &lines, &tiling);
    for (int32_t row = row0; row < row_end; row += TILED_PANEL) {
      int32_t rows = least(TILED_PANEL, row_end - row), row_tiles = divide_up(rows, TILE_LINES);
      const struct region panel = {batch, row, rows, column0, columns};
      struct tile_block block = {.rows = row_tiles,
                                 .depth = divide_up(depth, TILE_DEPTH),
                                 .a = packed_panel(g, row) + depth0 * row_tiles * TILE_LINES,
                                 .a_step = row_tiles * TILE_NUMBERS,
                                 .b_step = tiling.depth_step,
                                 .c_row = width,
                                 .add = d % g->short_blocks > 0};
      if (g->batch > 1) {
        pack_panel(g, a + row * g->a_row, rows, depth, (bfloat16 *)g->local_a);
        block.a = (const bfloat16 *)g->local_a;
      }
      if (g->plain && !has_totals(g) && rows % TILE_LINES == 0 && columns % TILE_LINES == 0) {
        block.c_row = g->plain_row;
        float *c = g->plain + batch * g->plain_batch + row * g->plain_row + column0;
        multiply_tiled_panel(g, &block, column_tiles, c);
        if (mends && d == g->depth_blocks - 1) mend_rows(g, &panel, c, g->plain_row);
        continue;
      }
      float *c = g->result + (g->panel_result ? 0 : (row - row0) * width);
      multiply_tiled_panel(g, &block, column_tiles, c);
      if (has_totals(g)) fold_block(g, d, c, g->totals + (row - row0) * width, row_tiles * TILE_LINES * width);
      if (d < g->depth_blocks - 1) continue;
      if (mends) mend_rows(g, &panel, c, width);
      place_result(&g->tape, 0, c, width, row, column0);
      run_tape(&g->tape, batch * g->m + row, rows, column0, columns);
    }
  }
  g->tiles->stop();
}
