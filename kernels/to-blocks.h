/*
 * TO_BLOCKS: out[p, s] = Σ_d x[row of p, d] m[block of p, s, d]. A chunk is a range of blocks, or of the units of one; tiles of units
 * pass by all of a block's examples before the next, so that weights come from memory once.
 */
#pragma once
#include "blocks.h"
#include "dot-tile.h"

/* Numbers of a row that are taken together: a tile's rows then stay in the first-level cache. */
#define DOT_DEPTH 1024

static void read_to_blocks(struct blocks *b, const int32_t *words, void *const *bases, uint32_t *scratch,
                           enum precision precision) {
  read_blocks(b, words, bases, scratch);
  const int32_t *x = words + 6, *m = words + 8, *out = words + 10, *packed = words + 12;
  int32_t width = b->plan.blocks * b->units;
  if (b->plan.dense) {
    write_product(b, b->plan.examples, width, b->depth, (struct matrix){x, b->depth, 1}, (struct matrix){m, 1, b->depth}, packed);
    read_stored_gemm(&b->gemm, b->product, out, width, bases, scratch, precision);
    return;
  }
  b->x = (const float *)locate(bases, x);
  b->m = (const float *)locate(bases, m);
  b->out = (float *)locate(bases, out);
  b->parts = least(divide_up(b->units, 2 * DOT_UNITS), divide_up(BLOCK_CHUNKS / 2, b->plan.blocks));
  b->chunks = least(b->plan.blocks * b->parts, BLOCK_CHUNKS);
}

/** A tile along a depth of very many slices, whose sums come together in double precision. */
static void long_dots(const struct dots *tile, int32_t depth, int32_t count, int32_t height) {
  float part[DOT_ROWS * DOT_UNITS];
  double total[DOT_ROWS * DOT_UNITS];
  struct dots t = *tile;
  t.out = part;
  t.out_row = count;
  t.add = 0;
  t.ahead = (struct fetch){0};
  for (int32_t d = 0; d < depth; d += t.depth, t.x += t.depth, t.m += t.depth) {
    t.depth = least(DOT_DEPTH, depth - d);
    dot_kernels[count - 1][height - 1](&t);
    fold_sums(part, total, count * height, d == 0, d + t.depth == depth);
  }
  for (int32_t i = 0; i < height; i++)
    for (int32_t u = 0; u < count; u++) tile->out[i * tile->out_row + u] = part[i * count + u];
}

/** Units [first, end) of a block; the weights of block `ahead_block` are fetched meanwhile. */
static void to_block(const struct blocks *b, int32_t block, int32_t ahead_block, int32_t first, int32_t end) {
  const struct plan *p = &b->plan;
  int32_t pair = p->starts[block], pairs = block_pairs(p, block);
  int32_t tiles = divide_up(end - first, DOT_UNITS), row_tiles = divide_up(pairs, DOT_ROWS);
  int32_t slices = divide_up(b->depth, DOT_DEPTH);
  int is_long = slices > SHORT_SUMS;
  if (is_long) slices = 1;
  struct dots t = {.x_row = b->depth, .m_row = b->depth, .out_row = b->units};
  for (int32_t d = 0; d < slices; d++) {
    int32_t column = cut(b->depth / 16, slices, d) * 16;
    t.depth = (d == slices - 1 ? b->depth : cut(b->depth / 16, slices, d + 1) * 16) - column;
    t.x = b->x + column;
    t.add = d > 0;
    for (int32_t u = 0; u < tiles; u++) {
      int32_t unit = first + cut(end - first, tiles, u), count = first + cut(end - first, tiles, u + 1) - unit;
      t.m = b->m + ((ptrdiff_t)block * b->units + unit) * b->depth + column;
      const float *next = unit + count < b->units ? t.m + count * b->depth : b->m + (ptrdiff_t)ahead_block * b->units * b->depth + column;
      struct fetch_queue ahead = {{fetch_rows(next, b->depth, least(DOT_UNITS, b->units), t.depth)}, 1, row_tiles, 0};
      for (int32_t i = 0; i < row_tiles; i++) {
        int32_t row = cut(pairs, row_tiles, i), height = cut(pairs, row_tiles, i + 1) - row;
        t.rows = p->row_of + pair + row;
        t.out = b->out + (ptrdiff_t)(pair + row) * b->units + unit;
        t.ahead = next_share(&ahead);
        if (is_long) long_dots(&t, b->depth, count, height);
        else dot_kernels[count - 1][height - 1](&t);
      }
    }
  }
}

static void to_blocks_chunk(const struct blocks *b, int32_t chunk) {
  int32_t pieces = b->plan.blocks * b->parts, ahead = -1, last = b->plan.blocks - 1;
  for (int32_t piece = cut(pieces, b->chunks, chunk); piece < cut(pieces, b->chunks, chunk + 1); piece++) {
    int32_t block = piece / b->parts, part = piece % b->parts;
    if (block_pairs(&b->plan, block) == 0) continue;
    if (ahead < 0) {
      ahead = block;
      for (int32_t i = 1; i < divide_up(DOT_UNITS, b->units) && ahead < last; i++) ahead = next_open(&b->plan, ahead);
    }
    if (ahead < last && part == 0) ahead = next_open(&b->plan, ahead);
    to_block(b, block, least(ahead, last), cut(b->units, b->parts, part), cut(b->units, b->parts, part + 1));
  }
}
