/*
 * BLOCKS_GRADIENT: G[k·S + s, d] = Σ over pairs p of block k of c[p, s] x[row of p, d], then the tape on G. A chunk is a range of
 * blocks, or of strips and parts of them: their weights are what it updates, and nobody else.
 */
#pragma once
#include "blocks.h"

/* Columns of a strip, at most: long pieces of the rows that a tape reads and writes, and half of that where blocks have many pairs to pack. */
#define GRADIENT_STRIP 1024
/* Columns where there are few units, whose rows are collected before the tape sees them. */
#define FEW_UNITS_STRIP 1024
/* Pairs of a block, at most, whose gradient is written in order: with short vectors, tiles of weights in registers are faster. */
#define THIN_GRADIENT_PAIRS (VW == 4 ? 0 : THIN_PAIRS)
/* Numbers of rows that are summed one by one before a tape sees them: in the first-level cache. */
#define THIN_RESULT 4096

static void read_blocks_gradient(struct blocks *b, const int32_t *words, void *const *bases, uint32_t *scratch,
                                 enum precision precision) {
  read_blocks(b, words, bases, scratch);
  const int32_t *x = words + 6, *c = words + 8, *packed = words + 10, *tape = words + 13;
  int32_t width = b->plan.blocks * b->units;
  b->skips_closed = words[12] & 1;
  if (b->plan.dense) {
    write_product(b, width, b->depth, b->plan.examples, (struct matrix){c, 1, width}, (struct matrix){x, b->depth, 1}, packed);
    read_gemm(&b->gemm, b->product, tape, bases, scratch, precision);
    leave_out_closed(b, 1);
    return;
  }
  int32_t dims[3] = {1, width, b->depth};
  read_tape(&b->gemm.tape, tape, 3, dims, bases, scratch);
  find_plain_store(&b->gemm);
  b->gemm.streams = 0;
  find_streams(&b->gemm);
  b->x = (const float *)locate(bases, x);
  b->c = (const float *)locate(bases, c);
  b->streamed = b->gemm.plain && is_streamed(b->gemm.plain, b->gemm.plain_row, width) && b->depth % COLUMN_TILE == 0;
  /* Rows of a gradient that is just stored need no collecting: where they share few examples, they are written in order. */
  int few = b->few = b->units <= FEW_UNITS && !(b->gemm.plain && is_thin(&b->plan, THIN_GRADIENT_PAIRS));
  int32_t pairs_of_block = b->plan.pairs / most(1, b->plan.header[2]);
  int32_t strip = 5 * pairs_of_block > 4 * strip_depth(GRADIENT_STRIP) ? GRADIENT_STRIP / 2 : GRADIENT_STRIP;
  b->strips = divide_up(b->depth, few ? FEW_UNITS_STRIP : strip);
  if (!few && !b->gemm.tape.has_columns)
    b->strips = most(b->strips, least(divide_up(b->depth, 4 * COLUMN_TILE), divide_up(BLOCK_CHUNKS / 2, b->plan.blocks)));
  b->parts = few ? 1 : least(divide_up(b->units, ROW_TILE), divide_up(BLOCK_CHUNKS / 2, b->plan.blocks * b->strips));
  b->chunks = least(b->plan.blocks * b->parts * (few ? 1 : b->strips), BLOCK_CHUNKS);
}

_Static_assert(ROW_TILE * (DEPTH_BLOCK + 2 * GRADIENT_STRIP) <= LOCAL_A_WORDS, "factors and totals fit");

/** Strip i's first column. */
static int32_t strip_start(const struct blocks *b, int32_t strip) {
  return least(cut(tiles_of(b->depth), b->strips, strip) * COLUMN_TILE, b->depth);
}

/** The tape on rows of the gradient that lie in `result`, a strip wide. */
static void run_on_result(struct blocks *b, float *result, int32_t width, int32_t row, int32_t rows, int32_t column,
                          int32_t columns) {
  place_result(&b->gemm.tape, 0, result, width, row, column);
  run_tape(&b->gemm.tape, row, rows, column, columns);
}

/** What the tape will read, or the result overwrite, of `height` rows from `row` on. */
static struct fetch_queue fetch_operands(const struct blocks *b, int32_t row, int32_t height, int32_t column, int32_t columns) {
  const struct gemm *g = &b->gemm;
  struct fetch_queue q = {.count = g->streams, .shares = tiles_of(columns)};
  int32_t rows = least(height, b->plan.blocks * b->units - row);
  if (g->plain && !b->streamed) {
    q.count = 1;
    q.pieces[0] = fetch_rows(g->plain + row * g->plain_row + column, g->plain_row, rows, columns);
  }
  for (int32_t i = 0; i < g->streams; i++) {
    const struct operand *o = &g->tape.operand[g->stream[i]];
    q.pieces[i] = fetch_rows((const float *)o->base + row * (ptrdiff_t)o->stride[1] + column, o->stride[1], rows, columns);
  }
  return q;
}

/** Columns of G for units [first, end) of a block with few pairs or none, into rows `row` apart. */
static void sum_thin_rows(const struct blocks *b, int32_t block, int32_t first, int32_t end, int32_t column, int32_t columns,
                          float *to, ptrdiff_t row) {
  const struct plan *p = &b->plan;
  int32_t pair = p->starts[block];
  struct row_sum sum = {.count = block_pairs(p, block), .factor_step = b->units, .rows = p->row_of + pair, .row_step = b->depth};
  sum.from = b->x + column;
  sum.streamed = b->streamed;
  for (int32_t s = first; s < end; s++, to += row) {
    sum.factor = b->c + (ptrdiff_t)pair * b->units + s;
    sum.to = to;
    sum_rows(&sum, columns);
  }
}

/** What the tape will read for the next rows: of this block or, from `end` on, of the next that it sees. */
static void fetch_thin_rows(const struct blocks *b, int32_t block, int32_t unit, int32_t end, int32_t height, int32_t column,
                            int32_t columns) {
  int32_t next = b->skips_closed ? next_open(&b->plan, block) : block + 1;
  if (!FETCHES || (unit == end && next == b->plan.blocks)) return;
  int32_t row = unit < end ? block * b->units + unit : next * b->units;
  struct fetch_queue q = fetch_operands(b, row, least(height, unit < end ? end - unit : b->units), column, columns);
  for (int32_t i = 0; i < q.count; i++) {
    int32_t in_row = q.pieces[i].lines;
    fetch_lines(&q.pieces[i], &in_row, q.pieces[i].lines * q.pieces[i].rows);
  }
}

/** Units [first, end) of a block whose pairs are too few to be worth packing. */
static void thin_gradient(struct blocks *b, int32_t block, int32_t first, int32_t end, int32_t column, int32_t columns) {
  int32_t row = block * b->units, width = round_up(columns, VW), height = most(1, THIN_RESULT / width);
  if (b->gemm.plain) {
    sum_thin_rows(b, block, first, end, column, columns, b->gemm.plain + (row + first) * b->gemm.plain_row + column,
                  b->gemm.plain_row);
    return;
  }
  for (int32_t unit = first; unit < end; unit += height) {
    int32_t rows = least(height, end - unit);
    fetch_thin_rows(b, block, unit + rows, end, height, column, columns);
    sum_thin_rows(b, block, unit, unit + rows, column, columns, b->room, width);
    run_on_result(b, b->room, width, row + unit, rows, column, columns);
  }
}

/** Units [first, end) of a block, by panels. */
static void block_gradient(struct blocks *b, int32_t block, int32_t first, int32_t end, int32_t column, int32_t columns) {
  const struct plan *p = &b->plan;
  int32_t pair = p->starts[block], pairs = block_pairs(p, block), panels = divide_up(end - first, ROW_TILE);
  int32_t width = tiles_of(columns) * COLUMN_TILE, slices = divide_up(pairs, slice_depth(columns, pairs > LONG_GEMM));
  float *packed = b->room, *result = packed + LOCAL_B_WORDS, *factors = result + RESULT_WORDS;
  double *totals = (double *)(factors + ROW_TILE * DEPTH_BLOCK);
  if (pairs <= THIN_GRADIENT_PAIRS || b->units <= FEW_UNITS) {
    thin_gradient(b, block, first, end, column, columns);
    return;
  }
  int is_long = slices > SHORT_SUMS, streams = b->streamed && slices == 1, plain = b->gemm.plain && width == columns && !is_long;
  for (int32_t panel = 0; panel < panels; panel++) {
    int32_t unit = first + cut(end - first, panels, panel), height = first + cut(end - first, panels, panel + 1) - unit;
    int32_t row = block * b->units + unit;
    struct block tiles = {.a = factors, .a_row = 1, .a_step = height, .c = result, .c_row = width};
    if (plain) {
      tiles.c = b->gemm.plain + row * b->gemm.plain_row + column;
      tiles.c_row = b->gemm.plain_row;
    }
    struct fetch_queue ahead = fetch_operands(b, row + height, ROW_TILE, column, columns);
    for (int32_t slice = 0; slice < slices; slice++) {
      int32_t from = pair + cut(pairs, slices, slice), depth = pair + cut(pairs, slices, slice + 1) - from;
      struct row_strip strip = {depth, columns, b->x + column, p->row_of + from, b->depth};
      if (panel == 0 || slices > 1) pack_strip(&strip, 0, packed);
      pack_rows[height - 1](depth, b->c + (ptrdiff_t)from * b->units + unit, 1, b->units, factors);
      tiles.depth = depth;
      tiles.add = slice % SHORT_SUMS > 0;
      for (int32_t tile = 0; tile * COLUMN_TILE < columns; tile++) {
        struct block t = tiles;
        t.b = packed + (ptrdiff_t)tile * COLUMN_TILE * depth;
        t.b_step = COLUMN_TILE;
        t.c += tile * COLUMN_TILE;
        t.ahead = next_share(&ahead);
        if (streams) streaming_kernels[height - 1](&t);
        else packed_kernels[0][height - 1](&t);
      }
      ahead.count = 0;
      int is_last = slice == slices - 1;
      if (is_long && (is_last || slice % SHORT_SUMS == SHORT_SUMS - 1))
        fold_sums(result, totals, height * width, slice < SHORT_SUMS, is_last);
    }
    if (!plain) run_on_result(b, result, width, row, height, column, columns);
  }
}

/** Blocks [first, end) of few units: all their rows, then the tape on those that have one to see. */
static void few_units_gradient(struct blocks *b, int32_t first, int32_t end, int32_t column, int32_t columns) {
  const struct plan *p = &b->plan;
  int32_t width = b->gemm.plain ? (int32_t)b->gemm.plain_row : round_up(columns, VW), row = first * b->units;
  float *result = b->gemm.plain ? b->gemm.plain + row * b->gemm.plain_row + column : b->room;
  struct row_sum sum = {.factor_step = b->units, .row_step = b->depth};
  for (int32_t piece = 0; piece < pieces_of(columns); piece++) {
    int32_t j = piece_start(columns, piece), of_piece = piece_start(columns, piece + 1) - j;
    sum.from = b->x + column + j;
    for (int32_t block = first; block < end; block++) {
      int32_t pair = p->starts[block];
      sum.count = block_pairs(p, block);
      if (sum.count == 0 && b->skips_closed) continue;
      sum.rows = p->row_of + pair;
      for (int32_t s = 0; s < b->units; s++) {
        sum.factor = b->c + (ptrdiff_t)pair * b->units + s;
        sum.to = result + (ptrdiff_t)((block - first) * b->units + s) * width + j;
        sum_rows(&sum, of_piece);
      }
    }
  }
  if (b->gemm.plain) return;
  for (int32_t from = first, to; from < end; from = to) {
    int is_open = block_pairs(p, from) > 0 || !b->skips_closed;
    for (to = from + 1; to < end && (block_pairs(p, to) > 0 || !b->skips_closed) == is_open;) to++;
    if (is_open)
      run_on_result(b, result + (ptrdiff_t)(from - first) * b->units * width, width, from * b->units, (to - from) * b->units,
                    column, columns);
  }
}

static void blocks_gradient_chunk(struct blocks *b, int32_t chunk) {
  const struct plan *p = &b->plan;
  if (b->few) {
    int32_t group = RESULT_WORDS / (FEW_UNITS_STRIP + COLUMN_TILE) / b->units, end = cut(p->blocks, b->chunks, chunk + 1);
    for (int32_t block = cut(p->blocks, b->chunks, chunk); block < end; block += group)
      for (int32_t strip = 0; strip < b->strips; strip++)
        few_units_gradient(b, block, least(block + group, end), strip_start(b, strip),
                           strip_start(b, strip + 1) - strip_start(b, strip));
    return;
  }
  int32_t pieces = p->blocks * b->parts * b->strips;
  for (int32_t piece = cut(pieces, b->chunks, chunk); piece < cut(pieces, b->chunks, chunk + 1); piece++) {
    int32_t strip = piece % b->strips, part = piece / b->strips % b->parts, block = piece / b->strips / b->parts;
    if (b->skips_closed && block_pairs(p, block) == 0) continue;
    block_gradient(b, block, cut(b->units, b->parts, part), cut(b->units, b->parts, part + 1), strip_start(b, strip),
                   strip_start(b, strip + 1) - strip_start(b, strip));
  }
  if (b->streamed) end_stream();
}
