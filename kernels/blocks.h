/*
 * Products of examples with the blocks that are open for them: what the three instructions TO_BLOCKS, FROM_BLOCKS and BLOCKS_GRADIENT
 * have in common. Where the plan is dense, each is a GEMM.
 */
#pragma once
#include "gemm.h"
#include "routing.h"
#include "sum-rows.h"

/* Chunks of an instruction, about: enough to keep threads busy to the end, each worth more than handing it out. */
#define BLOCK_CHUNKS 32
/* Up to this many units, rows are summed one sum at a time, in long pieces: packing would not pay. */
#define FEW_UNITS 7
/* Pairs of a block, at most, that pass by weights which are read in order, or whose gradient is written in order. */
#define THIN_PAIRS 4

struct blocks {
  struct plan plan;
  int32_t units, depth; /* S, and the length D of a unit's row of weights */
  int32_t chunks, parts, strips;
  int32_t skips_closed; /* the tape need not run on rows of blocks without pairs */
  int32_t streamed;     /* the gradient goes past the caches */
  int32_t few;          /* units of a block: see FEW_UNITS */
  const float *x, *m, *c;
  float *out;
  float *room; /* of GEMM_SCRATCH_WORDS, this thread's own */
  int32_t product[GEMM_WORDS];
  struct gemm gemm; /* of a dense plan; its tape is also that of a gradient */
};

/** B, K, S, D and the plan. */
static void read_blocks(struct blocks *b, const int32_t *words, void *const *bases, uint32_t *scratch) {
  read_plan(&b->plan, words[0], words[1], (int32_t *)locate(bases, words + 4));
  b->units = words[2];
  b->depth = words[3];
  b->room = (float *)scratch + TAPE_SCRATCH_WORDS;
}

/** A matrix in a program's words, and its strides. */
struct matrix {
  const int32_t *place;
  int32_t row, column;
};

/** The three matrix sizes and two operands, as a GEMM's words. */
static void write_product(struct blocks *b, int32_t m, int32_t n, int32_t k, struct matrix left, struct matrix right,
                          const int32_t *packed) {
  const int32_t words[GEMM_WORDS] = {
      1, m, n, k, left.place[0], left.place[1], 0, left.row, left.column, right.place[0], right.place[1], 0, right.row,
      right.column, packed[0], packed[1],
  };
  __builtin_memcpy(b->product, words, sizeof words);
}

/** Tells the product which pairs are closed, if any: its results' rows, or the k that it sums over, are units of blocks. */
static void leave_out_closed(struct blocks *b, int rows_are_units) {
  if (!lists_closed(&b->plan)) return;
  b->gemm.plan = &b->plan;
  b->gemm.units = b->units;
  b->gemm.rows_are_units = rows_are_units;
}

static int32_t block_pairs(const struct plan *p, int32_t block) { return p->starts[block + 1] - p->starts[block]; }

/** Whether blocks with pairs have at most so many on average. */
static int is_thin(const struct plan *p, int32_t pairs) { return p->pairs <= (int64_t)pairs * p->header[2]; }

/** The next block after this one that has pairs; where there is none, the number of blocks. */
static int32_t next_open(const struct plan *p, int32_t block) {
  while (++block < p->blocks && block_pairs(p, block) == 0);
  return block;
}

/** The weights of the first unit of the next block that has pairs; where there is none, of this one. */
static const float *next_weights(const struct blocks *b, int32_t block) {
  int32_t next = next_open(&b->plan, block);
  return b->m + (ptrdiff_t)(next < b->plan.blocks ? next : block) * b->units * b->depth;
}

/** Rows of numbers that tiles of results share, `columns` wide; in order of `rows` or, without that, one after the other. */
struct row_strip {
  int32_t depth, columns;
  const float *at;
  const int32_t *rows;
  ptrdiff_t row_step;
};

static int32_t tiles_of(int32_t columns) { return divide_up(columns, COLUMN_TILE); }

/** As many rows of a strip as there is room to pack. */
static int32_t strip_depth(int32_t columns) { return LOCAL_B_WORDS / (tiles_of(columns) * COLUMN_TILE); }

/** As many of them as are added one after the other in float32. */
static int32_t slice_depth(int32_t columns, int is_long) {
  return least(strip_depth(columns), is_long ? SHORT_SUM : DEPTH_BLOCK);
}

INLINE void copy_tile_row(const float *from, float *to) {
#pragma GCC unroll 4
  for (int j = 0; j < COLUMN_VECTORS; j++) store(to + j * VW, load(from + j * VW));
}

/** Lays out tiles from `first` on as the GEMM's kernels read them: [tile][depth][COLUMN_TILE], lanes beyond the columns 0. */
static void pack_strip(const struct row_strip *s, int32_t first, float *packed) {
  for (int32_t k = 0; k < s->depth; k++) {
    const float *row = s->at + (s->rows ? s->rows[k] : k) * s->row_step;
    float *to = packed + (ptrdiff_t)first * COLUMN_TILE * s->depth + k * COLUMN_TILE;
    for (int32_t j = first * COLUMN_TILE; j < s->columns; j += COLUMN_TILE, to += (ptrdiff_t)COLUMN_TILE * s->depth) {
      int32_t width = least(COLUMN_TILE, s->columns - j);
      if (width == COLUMN_TILE) copy_tile_row(row + j, to);
      else
        for (int32_t i = 0; i < COLUMN_TILE; i++) to[i] = i < width ? row[j + i] : 0;
    }
  }
}

