/*
 * FROM_BLOCKS: out[r, d] = Σ over pairs p of r and units s of c[p, s] m[block of p, s, d]. A chunk is a strip of columns of some
 * examples, and nobody else's: it goes through all blocks in order. With few units there is too little to share between
 * examples: a chunk is some examples, which it takes one by one, and goes with all of them through as many blocks as the second-level
 * cache holds before the next.
 */
#pragma once
#include "blocks.h"

/* Up to this many panels of examples, weights are read where they lie. */
#define NEAR_PANELS 2
/* Columns of a strip, at most. A row of weights may be a page of memory, and finding a page takes long: so one strip for each thread. */
#define FROM_STRIP 1024
/* Rows of weights that pass side by side by THIN_PAIRS or fewer, whose sums wait in the first-level cache. */
#define ROWS_BESIDE 4
#define THIN_COLUMNS (FROM_STRIP + COLUMN_TILE)
#define LINE_VECTORS (CACHE_LINE / 4 / VW)
/* Weights that stay in the second-level cache, in numbers. */
#define NEAR_WEIGHTS (1 << 18)
/* Units of an example that are summed together when there are few to a block, and pieces that they come in, at most. */
#define LISTED 32768
#define NEAR_TILES 128
/* Results of blocks that are added up in float32, and room for totals of such in double precision where there are more. */
#define ADDED_BLOCKS 256
#define TOTALS ((LOCAL_A_WORDS - ROW_TILE * DEPTH_BLOCK) / 2)
/* Examples that are taken together through the blocks. */
#define TOGETHER 1024
_Static_assert(2 * LISTED + TOGETHER <= GEMM_SCRATCH_WORDS, "lists of units fit");

/** Pieces of a block's units that are summed one after the other. */
static int32_t pieces_of_block(const struct blocks *b) { return divide_up(b->units, DEPTH_BLOCK); }
static int adds_many(const struct blocks *b) {
  return (int64_t)b->plan.blocks * pieces_of_block(b) > ADDED_BLOCKS;
}

/** Strips so narrow, and parts so small, that there is room for totals of all their results. */
static void make_room_for_totals(struct blocks *b) {
  int32_t tiles = tiles_of(b->depth), examples = b->plan.examples;
  int32_t of_strip = most(1, TOTALS / COLUMN_TILE / least(examples, TOTALS / COLUMN_TILE));
  b->strips = most(b->strips, divide_up(tiles, of_strip));
  int32_t of_part = TOTALS / (divide_up(tiles, b->strips) * COLUMN_TILE);
  b->parts = most(b->parts, divide_up(examples, of_part));
}

static void read_from_blocks(struct blocks *b, const int32_t *words, void *const *bases, uint32_t *scratch,
                             enum precision precision, int32_t team) {
  read_blocks(b, words, bases, scratch);
  const int32_t *c = words + 6, *m = words + 8, *out = words + 10, *packed = words + 12;
  int32_t examples = b->plan.examples, width = b->plan.blocks * b->units;
  if (b->plan.dense) {
    write_product(b, examples, b->depth, width, (struct matrix){c, width, 1}, (struct matrix){m, b->depth, 1}, packed);
    read_stored_gemm(&b->gemm, b->product, out, b->depth, bases, scratch, precision);
    leave_out_closed(b, 0);
    return;
  }
  b->c = (const float *)locate(bases, c);
  b->m = (const float *)locate(bases, m);
  b->out = (float *)locate(bases, out);
  b->few = b->units <= FEW_UNITS && !(b->units >= ROWS_BESIDE && is_thin(&b->plan, 2));
  if (b->few) {
    /* However this is cut, too. Where all weights stay near, small parts; else every part fetches them all. */
    int32_t near = b->plan.blocks * b->units * b->depth <= NEAR_WEIGHTS;
    b->parts = b->chunks = least(near ? BLOCK_CHUNKS / 2 : team, examples);
    return;
  }
  /* However this is cut, every number is the same sum in the same order. */
  int32_t strips = round_up(divide_up(b->depth, FROM_STRIP), team);
  b->strips = least(strips, divide_up(b->depth, 2 * COLUMN_TILE));
  b->parts = least(divide_up(team, b->strips), divide_up(examples, 4 * ROW_TILE));
  if (adds_many(b)) make_room_for_totals(b);
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

/** out[example, column + j] += result[i, j] for pairs one after the other. */
static void add_to_examples(const struct blocks *b, int32_t pair, int32_t pairs, int32_t column, int32_t columns,
                            const float *result) {
  for (int32_t i = 0; i < pairs; i++)
    for (int32_t j = 0; j < columns; j++)
      b->out[(ptrdiff_t)b->plan.row_of[pair + i] * b->depth + column + j] += result[i * COLUMN_TILE + j];
}

/** As add_block, of few pairs: rows of weights are read in order, a few side by side, and sums wait in the first-level cache. */
INLINE void thin_step(const int pairs, const int units, const float *factors, ptrdiff_t factor_row, const float *weights,
                      ptrdiff_t row, const float *next, int32_t columns, int add, float *sums) {
  f32v by[THIN_PAIRS][ROWS_BESIDE];
#pragma GCC unroll 4
  for (int i = 0; i < pairs; i++)
#pragma GCC unroll 4
    for (int u = 0; u < units; u++) by[i][u] = broadcast(factors + i * factor_row + u);
  int32_t j = 0;
  for (; j + LINE_VECTORS * VW <= columns; j += LINE_VECTORS * VW) {
#pragma GCC unroll 4
    for (int u = 0; FETCHES && u < units; u++) __builtin_prefetch(next + u * row + j, 0, 2);
#pragma GCC unroll 4
    for (int v = 0; v < LINE_VECTORS; v++) {
      f32v sum[THIN_PAIRS];
#pragma GCC unroll 4
      for (int i = 0; i < pairs; i++) sum[i] = add ? load(sums + i * THIN_COLUMNS + j + v * VW) : (f32v){};
#pragma GCC unroll 4
      for (int u = 0; u < units; u++) {
        f32v weight = load(weights + u * row + j + v * VW);
#pragma GCC unroll 4
        for (int i = 0; i < pairs; i++) sum[i] = muladd(by[i][u], weight, sum[i]);
      }
#pragma GCC unroll 4
      for (int i = 0; i < pairs; i++) store(sums + i * THIN_COLUMNS + j + v * VW, sum[i]);
    }
  }
  for (; j < columns; j += VW) {
    int32_t count = least(VW, columns - j);
    for (int i = 0; i < pairs; i++) {
      f32v sum = add ? load(sums + i * THIN_COLUMNS + j) : (f32v){};
      for (int u = 0; u < units; u++) sum = muladd(by[i][u], load_some(weights + u * row + j, count), sum);
      store(sums + i * THIN_COLUMNS + j, sum);
    }
  }
}

/** Some rows of weights of a block, at most THIN_COLUMNS wide, and where sums of pairs go. */
INLINE void thin_rows(const int pairs, const struct blocks *b, int32_t block, int32_t from, int32_t unit, int32_t end,
                      int32_t column, int32_t columns, float *sums) {
  const float *weights = b->m + ((ptrdiff_t)block * b->units + unit) * b->depth + column;
  const float *factors = b->c + (ptrdiff_t)from * b->units + unit;
  for (int32_t s = unit, height; s < end; s += height, weights += (ptrdiff_t)height * b->depth, factors += height) {
    height = end - s >= ROWS_BESIDE ? ROWS_BESIDE : 1;
    const float *next = s + height < b->units ? weights + (ptrdiff_t)height * b->depth : next_weights(b, block) + column;
    if (height == ROWS_BESIDE)
      thin_step(pairs, ROWS_BESIDE, factors, b->units, weights, b->depth, next, columns, s > unit, sums);
    else thin_step(pairs, 1, factors, b->units, weights, b->depth, next, columns, s > unit, sums);
  }
}

NOINLINE void add_thin(const struct blocks *b, int32_t block, int32_t from, int32_t pairs, int32_t column, int32_t columns) {
  float *sums = b->room;
  for (int32_t unit = 0; unit < b->units; unit += DEPTH_BLOCK) {
    int32_t end = least(unit + DEPTH_BLOCK, b->units);
    switch (pairs) {
      case 1: thin_rows(1, b, block, from, unit, end, column, columns, sums); break;
      case 2: thin_rows(2, b, block, from, unit, end, column, columns, sums); break;
      case 3: thin_rows(3, b, block, from, unit, end, column, columns, sums); break;
      default: thin_rows(4, b, block, from, unit, end, column, columns, sums);
    }
    for (int32_t i = 0; i < pairs; i++) {
      float *out = b->out + (ptrdiff_t)b->plan.row_of[from + i] * b->depth + column;
      for (int32_t j = 0; j < columns; j++) out[j] += sums[i * THIN_COLUMNS + j];
    }
  }
}

/** Adds what pairs [from, end) of a block send to columns [column, column + columns). */
static void add_block(const struct blocks *b, int32_t block, int32_t from, int32_t end, int32_t column, int32_t columns) {
  if (end - from <= THIN_PAIRS && columns <= THIN_COLUMNS) {
    add_thin(b, block, from, end - from, column, columns);
    return;
  }
  int32_t panels = divide_up(end - from, ROW_TILE), tiles = tiles_of(columns), most_depth = slice_depth(columns, 0);
  int32_t whole = columns / COLUMN_TILE, near = panels <= NEAR_PANELS ? whole : 0, c_at[ROW_TILE];
  float *packed = b->room, *result = packed + LOCAL_B_WORDS, *factors = result + RESULT_WORDS;
  for (int32_t unit = 0, depth; unit < b->units; unit += depth) {
    depth = least(most_depth, b->units - unit);
    const float *weights = b->m + ((ptrdiff_t)block * b->units + unit) * b->depth + column;
    struct row_strip strip = {depth, columns, weights, 0, b->depth};
    pack_strip(&strip, near, packed);
    const float *next = unit + depth < b->units ? weights + (ptrdiff_t)depth * b->depth : next_weights(b, block) + column;
    struct fetch_queue ahead = {{fetch_rows(next, b->depth, depth, columns)}, 1, panels * tiles, 0};
    for (int32_t panel = 0; panel < panels; panel++) {
      int32_t pair = from + cut(end - from, panels, panel), height = from + cut(end - from, panels, panel + 1) - pair;
      pack_rows[height - 1](depth, b->c + (ptrdiff_t)pair * b->units + unit, b->units, 1, factors);
      for (int32_t i = 0; i < height; i++) c_at[i] = b->plan.row_of[pair + i] * b->depth;
      struct block t = {.depth = depth, .a = factors, .a_row = 1, .a_step = height, .c_row = COLUMN_TILE, .c_at = c_at};
      for (int32_t tile = 0; tile < tiles; tile++) {
        t.b = tile < near ? weights + tile * COLUMN_TILE : packed + (ptrdiff_t)tile * COLUMN_TILE * depth;
        t.b_step = tile < near ? b->depth : COLUMN_TILE;
        t.c = tile < whole ? b->out + column + tile * COLUMN_TILE : result;
        t.ahead = next_share(&ahead);
        (tile < whole ? adding_kernels[tile < near] : packed_kernels[0])[height - 1](&t);
      }
      if (whole < tiles)
        add_to_examples(b, pair, height, column + whole * COLUMN_TILE, columns - whole * COLUMN_TILE, result);
    }
  }
}

/**
 * Of one example, the pairs from `at` on whose blocks lie before `end`: adds what they send, by a list of the rows of weights that
 * they take, or sets it where `fresh`. Gives the pair behind them.
 */
static int32_t gather_pairs(const struct blocks *b, int32_t example, int32_t at, int32_t end, int fresh) {
  const struct plan *p = &b->plan;
  float *factors = b->room;
  int32_t *rows = (int32_t *)(factors + LISTED), last = p->example_starts[example + 1];
  struct row_sum sum = {.factor = factors, .factor_step = 1, .rows = rows, .row_step = b->depth, .from = b->m};
  sum.to = b->out + (ptrdiff_t)example * b->depth;
  sum.add = !fresh;
  for (int more = 1; more; sum.add = 1) {
    more = 0;
    sum.count = 0;
    for (; at < last; at++) {
      int32_t pair = p->example_pairs[at], block = p->block_of[pair];
      if (block >= end) break;
      more = sum.count > LISTED - b->units;
      if (more) break;
      for (int32_t s = 0; s < b->units; s++) {
        factors[sum.count] = b->c[(ptrdiff_t)pair * b->units + s];
        rows[sum.count++] = block * b->units + s;
      }
    }
    if (sum.count > 0 || !sum.add) sum_rows(&sum, b->depth);
  }
  return at;
}

/** Examples [first, end), at most TOGETHER, in blocks of few units. */
static void gather_examples(const struct blocks *b, int32_t first, int32_t end) {
  const struct plan *p = &b->plan;
  int32_t *at = (int32_t *)(b->room + 2 * LISTED), near = most(1, NEAR_WEIGHTS / (b->units * b->depth));
  int32_t tiles = least(divide_up(p->blocks, near), NEAR_TILES);
  for (int32_t r = first; r < end; r++) at[r - first] = p->example_starts[r];
  for (int32_t tile = 0; tile < tiles; tile++)
    for (int32_t r = first; r < end; r++)
      at[r - first] = gather_pairs(b, r, at[r - first], cut(p->blocks, tiles, tile + 1), tile == 0);
}

/** What blocks [block, block_end) send to examples [first, end), to columns [column, column + columns). */
static void add_blocks(const struct blocks *b, int32_t block, int32_t block_end, int32_t first, int32_t end, int32_t column,
                       int32_t columns) {
  const struct plan *p = &b->plan;
  for (int32_t r = first; r < end; r++) __builtin_memset(b->out + (ptrdiff_t)r * b->depth + column, 0, 4 * columns);
  for (; block < block_end; block++) {
    int32_t from = b->parts == 1 ? p->starts[block] : find_pair(p, block, first);
    int32_t to = b->parts == 1 ? p->starts[block + 1] : find_pair(p, block, end);
    if (from < to) add_block(b, block, from, to, column, columns);
  }
}

static void from_blocks_chunk(const struct blocks *b, int32_t chunk) {
  const struct plan *p = &b->plan;
  if (b->few) {
    int32_t end = cut(p->examples, b->parts, chunk + 1);
    for (int32_t r = cut(p->examples, b->parts, chunk); r < end; r += TOGETHER)
      gather_examples(b, r, least(r + TOGETHER, end));
    return;
  }
  int32_t strip = chunk / b->parts, part = chunk % b->parts, tiles = tiles_of(b->depth);
  int32_t column = cut(tiles, b->strips, strip) * COLUMN_TILE;
  int32_t columns = least(cut(tiles, b->strips, strip + 1) * COLUMN_TILE, b->depth) - column;
  int32_t first = cut(p->examples, b->parts, part), end = cut(p->examples, b->parts, part + 1);
  int32_t together = adds_many(b) ? most(1, ADDED_BLOCKS / pieces_of_block(b)) : p->blocks;
  double *totals = (double *)(b->room + LOCAL_B_WORDS + RESULT_WORDS + ROW_TILE * DEPTH_BLOCK);
  for (int32_t block = 0; block < p->blocks; block += together) {
    int32_t block_end = least(block + together, p->blocks);
    add_blocks(b, block, block_end, first, end, column, columns);
    for (int32_t r = first; together < p->blocks && r < end; r++)
      fold_sums(b->out + (ptrdiff_t)r * b->depth + column, totals + (ptrdiff_t)(r - first) * columns, columns, block == 0,
                block_end == p->blocks);
  }
}
