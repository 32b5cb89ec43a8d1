/*
 * FROM_BLOCKS: out[r, d] = Σ over pairs p of r and units s of c[p, s] m[block of p, s, d]. A chunk is a strip of columns of some
 * examples, and nobody else's: it goes through all blocks in order. With few units there is too little to share between
 * examples, and a chunk goes through its examples one by one instead.
 */
#pragma once
#include "blocks.h"

/* Columns of a strip. */
#define FROM_STRIP 256
/* Chunks of strips, at least, where there are as many columns or examples. */
#define FROM_CHUNKS 4
/* Units of an example that are summed together when there are few to a block. */
#define LISTED 1024

static void read_from_blocks(struct blocks *b, const int32_t *words, void *const *bases, uint32_t *scratch,
                             enum precision precision) {
  read_blocks(b, words, bases, scratch);
  const int32_t *c = words + 6, *m = words + 8, *out = words + 10, *packed = words + 12;
  int32_t examples = b->plan.examples, width = b->plan.blocks * b->units;
  if (b->plan.dense) {
    write_product(b, examples, b->depth, width, (struct matrix){c, width, 1}, (struct matrix){m, b->depth, 1}, packed);
    read_stored_gemm(&b->gemm, b->product, out, b->depth, bases, scratch, precision);
    return;
  }
  b->c = (const float *)locate(bases, c);
  b->m = (const float *)locate(bases, m);
  b->out = (float *)locate(bases, out);
  if (b->units <= FEW_UNITS) {
    b->chunks = least(examples, BLOCK_CHUNKS);
    return;
  }
  b->strips = divide_up(b->depth, FROM_STRIP);
  if (b->strips < FROM_CHUNKS) b->strips = least(FROM_CHUNKS, divide_up(b->depth, 2 * VW));
  b->parts = b->strips < FROM_CHUNKS ? least(FROM_CHUNKS, divide_up(examples, 4 * ROW_TILE)) : 1;
  b->chunks = b->strips * b->parts;
}

/** The first pair of a block whose example is not before `example`. */
static int32_t find_pair(const struct plan *p, int32_t block, int32_t example) {
  int32_t low = p->starts[block], high = p->starts[block + 1];
  while (low < high) {
    int32_t middle = low + (high - low) / 2;
    if (p->row_of[middle] < example) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds what pairs [from, end) of a block send to columns [column, column + columns). */
static void add_block(const struct blocks *b, int32_t block, int32_t from, int32_t end, int32_t column, int32_t columns) {
  int32_t b_at[ROWS_DEPTH], c_at[ROW_TILE], panels = divide_up(end - from, ROW_TILE);
  float *packed = b->room, *rest = packed + ROWS_DEPTH * ROW_TILE;
  for (int32_t s = 0; s < least(ROWS_DEPTH, b->units); s++) b_at[s] = s * b->depth;
  for (int32_t unit = 0; unit < b->units; unit += ROWS_DEPTH) {
    int32_t depth = least(ROWS_DEPTH, b->units - unit);
    struct row_tile t = {.depth = depth, .a = packed, .b_at = b_at, .c = b->out + column, .c_at = c_at, .add = 1};
    t.b = b->m + ((ptrdiff_t)block * b->units + unit) * b->depth + column;
    for (int32_t panel = 0; panel < panels; panel++) {
      int32_t pair = from + cut(end - from, panels, panel), height = from + cut(end - from, panels, panel + 1) - pair;
      pack_rows[height - 1](depth, b->c + (ptrdiff_t)pair * b->units + unit, b->units, 1, packed);
      t.a_step = height;
      for (int32_t i = 0; i < height; i++) c_at[i] = b->plan.row_of[pair + i] * b->depth;
      multiply_row_strip(&t, height, columns, rest);
    }
  }
}

/** An example's row by itself: a list of the rows of weights that it takes. */
static void gather_example(const struct blocks *b, int32_t example) {
  const struct plan *p = &b->plan;
  float *factors = b->room;
  int32_t *rows = (int32_t *)(factors + LISTED), end = p->example_starts[example + 1];
  struct row_sum sum = {.factor = factors, .factor_step = 1, .rows = rows, .row_step = b->depth, .from = b->m};
  sum.to = b->out + (ptrdiff_t)example * b->depth;
  int32_t at = p->example_starts[example];
  do {
    sum.count = 0;
    for (; at < end && sum.count <= LISTED - b->units; at++) {
      int32_t pair = p->example_pairs[at];
      for (int32_t s = 0; s < b->units; s++) {
        factors[sum.count] = b->c[(ptrdiff_t)pair * b->units + s];
        rows[sum.count++] = p->block_of[pair] * b->units + s;
      }
    }
    sum_rows(&sum, b->depth);
    sum.add = 1;
  } while (at < end);
}

static void from_blocks_chunk(const struct blocks *b, int32_t chunk) {
  const struct plan *p = &b->plan;
  if (b->units <= FEW_UNITS) {
    for (int32_t r = cut(p->examples, b->chunks, chunk); r < cut(p->examples, b->chunks, chunk + 1); r++) gather_example(b, r);
    return;
  }
  int32_t strip = chunk / b->parts, part = chunk % b->parts, tiles = divide_up(b->depth, 2 * VW);
  int32_t column = cut(tiles, b->strips, strip) * 2 * VW;
  int32_t columns = least(cut(tiles, b->strips, strip + 1) * 2 * VW, b->depth) - column;
  int32_t first = cut(p->examples, b->parts, part), end = cut(p->examples, b->parts, part + 1);
  for (int32_t r = first; r < end; r++) __builtin_memset(b->out + (ptrdiff_t)r * b->depth + column, 0, 4 * columns);
  for (int32_t block = 0; block < p->blocks; block++) {
    int32_t from = b->parts == 1 ? p->starts[block] : find_pair(p, block, first);
    int32_t to = b->parts == 1 ? p->starts[block + 1] : find_pair(p, block, end);
    if (from < to) add_block(b, block, from, to, column, columns);
  }
}
