/*
 * GEMM with the tape as its epilogue. A task is a block of rows by a strip of columns. For each block of k it packs its
 * strip of B, then goes through A panel by panel; the tape runs on each panel's results as soon as they are complete, so
 * that its waits for memory overlap with arithmetic. A is packed beforehand, by all threads together, where packing pays.
 */
#pragma once
#include "microkernel.h"
#include "tape.h"

#define ROW_BLOCK (ROW_TILE * 40)
#define BATCH_ROW_BLOCK (ROW_TILE * 16)
#define STRIP 128
/* The strip of a shallow product whose result goes through a tape: long pieces of the rows that the tape reads and writes. */
#define WIDE_STRIP 512
#define DEPTH_BLOCK 512
/* With fewer columns than this, A is used where it lies. */
#define NARROW 24
#define NARROW_ROW_BLOCK 60
/* Up to this many rows, B is read in order, one row of it added to each row of the result. */
#define SKINNY 4
/* Multiply-adds of a GEMM that is not worth sharing. */
#define SMALL_GEMM (1 << 17)

#define LOCAL_B_WORDS (DEPTH_BLOCK * STRIP)
#define RESULT_WORDS (ROW_BLOCK * STRIP)
#define LOCAL_A_WORDS (BATCH_ROW_BLOCK * DEPTH_BLOCK)
#define GEMM_SCRATCH_WORDS (LOCAL_B_WORDS + RESULT_WORDS + LOCAL_A_WORDS)

enum gemm_method {
  SHARED_A, /* packed once, in the instruction's scratch */
  LOCAL_A,  /* packed by each task (batches) */
  LOOSE_A,  /* not packed */
  ADD_ROWS, /* few rows: see SKINNY */
};

struct gemm {
  int32_t batch, m, n, k;
  const float *a, *b;
  ptrdiff_t a_batch, a_row, a_column, b_batch, b_row, b_column;
  float *packed;
  enum gemm_method method;
  int32_t row_blocks, strips, depth_blocks, pack_parts;
  /* One block of k and a tape that runs panel by panel: a panel's results are all that is kept. */
  int panel_result;
  /* Where the result goes if the tape just stores it in rows. */
  float *plain;
  ptrdiff_t plain_batch, plain_row;
  float *local_b, *result, *local_a;
  struct tape tape;
};

static int32_t gemm_scratch_words(int32_t m, int32_t n, int32_t k) {
  return m <= SKINNY || n < NARROW ? 0 : m * k;
}

static void find_plain_store(struct gemm *g) {
  const struct tape *t = &g->tape;
  const struct operand *out = &t->operand[1];
  const int32_t *op = t->ops;
  int plain = t->inputs == 1 && t->operands == 2 && t->op_count == 1 && op[0] == OP_MOVE && op[1] == 1 && op[2] == 0;
  g->plain = plain && out->stride[2] == 1 ? (float *)out->base : 0;
  g->plain_batch = out->stride[0];
  g->plain_row = out->stride[1];
}

static void read_gemm(struct gemm *g, const int32_t *words, void *const *bases, uint32_t *scratch) {
  g->batch = words[0];
  g->m = words[1];
  g->n = words[2];
  g->k = words[3];
  g->a = (const float *)locate(bases, words + 4);
  g->a_batch = words[6];
  g->a_row = words[7];
  g->a_column = words[8];
  g->b = (const float *)locate(bases, words + 9);
  g->b_batch = words[11];
  g->b_row = words[12];
  g->b_column = words[13];
  g->packed = (float *)locate(bases, words + 14);
  int32_t dims[3] = {g->batch, g->m, g->n};
  read_tape(&g->tape, words + 16, 3, dims, bases, scratch);
  g->local_b = (float *)scratch + TAPE_SCRATCH_WORDS;
  g->result = g->local_b + LOCAL_B_WORDS;
  g->local_a = g->result + RESULT_WORDS;
  find_plain_store(g);

  int32_t row_block = ROW_BLOCK;
  if (g->m <= SKINNY && g->b_column == 1) g->method = ADD_ROWS;
  else if (g->n < NARROW || g->m <= SKINNY) g->method = LOOSE_A, row_block = NARROW_ROW_BLOCK;
  else if (g->batch > 1) g->method = LOCAL_A, row_block = BATCH_ROW_BLOCK;
  else g->method = SHARED_A;
  g->row_blocks = divide_up(g->m, row_block);
  g->depth_blocks = divide_up(g->k, DEPTH_BLOCK);
  g->panel_result = !g->plain && g->method != ADD_ROWS && g->depth_blocks == 1 && !packs_rows(g->n);
  g->strips = divide_up(g->n, STRIP);
  if (g->panel_result && g->method == SHARED_A && g->k * WIDE_STRIP <= LOCAL_B_WORDS)
    g->strips = divide_up(g->n, WIDE_STRIP);
  /* Narrower strips where there would be few tasks: they are what threads share, so that their number should be even too. */
  if ((int64_t)g->batch * g->row_blocks * g->strips < 16)
    g->strips = least(round_up(divide_up(g->n, STRIP / 2), 4), divide_up(g->n, COLUMN_TILE));
  if (g->tape.has_columns) g->strips = 1;
  int32_t rows = divide_up(g->m, g->row_blocks), depth = divide_up(g->k, g->depth_blocks);
  g->pack_parts = most(1, rows * depth / CHUNK);
}

static int32_t gemm_pack_chunks(const struct gemm *g) {
  return g->method == SHARED_A ? g->row_blocks * g->depth_blocks * g->pack_parts : 0;
}

static int32_t gemm_chunks(const struct gemm *g) { return g->batch * g->row_blocks * g->strips; }

/** Panels [from, to) of `rows` rows of A, `depth` columns, one after the other. */
static void pack_panels(const struct gemm *g, const float *a, int32_t rows, int32_t depth, int32_t from, int32_t to,
                        float *packed) {
  int32_t panels = divide_up(rows, ROW_TILE);
  for (int32_t p = from; p < to; p++) {
    int32_t row = cut(rows, panels, p), height = cut(rows, panels, p + 1) - row;
    pack_rows[height - 1](depth, a + row * g->a_row, g->a_row, g->a_column, packed + row * depth);
  }
}

/** Where packed A holds rows from `row` (of `rows`) and columns from `depth0`: [row block][depth block][panel][k][row]. */
static float *packed_block(const struct gemm *g, int32_t row, int32_t rows, int32_t depth0) {
  return g->packed + (ptrdiff_t)row * g->k + (ptrdiff_t)rows * depth0;
}

static void gemm_pack_chunk(const struct gemm *g, int32_t chunk) {
  int32_t part = chunk % g->pack_parts;
  int32_t depth_block = chunk / g->pack_parts % g->depth_blocks;
  int32_t row_block = chunk / g->pack_parts / g->depth_blocks;
  int32_t row = cut(g->m, g->row_blocks, row_block), rows = cut(g->m, g->row_blocks, row_block + 1) - row;
  int32_t depth0 = cut(g->k, g->depth_blocks, depth_block), depth = cut(g->k, g->depth_blocks, depth_block + 1) - depth0;
  int32_t panels = divide_up(rows, ROW_TILE);
  pack_panels(g, g->a + row * g->a_row + depth0 * g->a_column, rows, depth, cut(panels, g->pack_parts, part),
              cut(panels, g->pack_parts, part + 1), packed_block(g, row, rows, depth0));
}

struct region {
  int32_t batch, row, rows, column, columns;
};

/** A strip's panels of `depth` rows of B, one after the other. A panel that is used where it lies is left out. */
static void pack_strip(const struct gemm *g, const float *b, int32_t columns, int32_t depth, int b_is_near) {
  for (int32_t j = 0; j < columns; j += COLUMN_TILE) {
    int32_t width = least(COLUMN_TILE, columns - j);
    if (b_is_near && width == COLUMN_TILE) continue;
    pack_columns(width, depth, b + j * g->b_column, g->b_column, g->b_row, g->local_b + j * depth);
  }
}

/** One panel of rows by the strip; the block holds what does not change from panel to panel of columns. */
static void multiply_panel(const struct gemm *g, struct block *block, int32_t height, int32_t columns, const float *b,
                           int b_is_near) {
  float *c = block->c;
  for (int32_t j = 0; j < columns; j += COLUMN_TILE) {
    int32_t width = least(COLUMN_TILE, columns - j);
    int near = b_is_near && width == COLUMN_TILE, narrow = COLUMN_VECTORS > 1 && width <= VW;
    block->b = near ? b + j : g->local_b + j * block->depth;
    block->b_step = near ? g->b_row : COLUMN_TILE;
    block->c = c + j;
    (near || g->method == LOOSE_A ? loose_kernels : packed_kernels)[narrow][height - 1](block);
  }
}

static void run_gemm_tape(struct gemm *g, const struct region *at, int32_t row, int32_t rows) {
  if (g->panel_result) place_result(&g->tape, g->result, round_up(at->columns, COLUMN_TILE), at->row + row, at->column);
  run_tape(&g->tape, at->batch * g->m + at->row + row, rows, at->column, at->columns);
}

/** The region's result by blocks of k, into c, and the tape on it unless that is where it is to be stored. */
static void multiply_region(struct gemm *g, const struct region *at, float *c, ptrdiff_t c_row, int with_tape) {
  const float *a_rows = g->a + at->batch * g->a_batch + at->row * g->a_row;
  const float *b_columns = g->b + at->batch * g->b_batch + at->column * g->b_column;
  int b_is_near = g->b_column == 1 && (at->rows <= 2 * ROW_TILE || (g->b_row >= 0 && g->b_row <= 64));
  int32_t panels = divide_up(at->rows, ROW_TILE);
  /* Rows that are laid end to end in the tape's tiles are better left until there are many. */
  int tape_by_panel = with_tape && !packs_rows(g->n);
  for (int32_t d = 0; d < g->depth_blocks; d++) {
    int32_t depth0 = cut(g->k, g->depth_blocks, d), depth = cut(g->k, g->depth_blocks, d + 1) - depth0;
    const float *a = a_rows + depth0 * g->a_column, *b = b_columns + depth0 * g->b_row;
    int packed = g->method != LOOSE_A;
    if (g->method == SHARED_A) a = packed_block(g, at->row, at->rows, depth0);
    if (g->method == LOCAL_A) {
      pack_panels(g, a, at->rows, depth, 0, panels, g->local_a);
      a = g->local_a;
    }
    pack_strip(g, b, at->columns, depth, b_is_near);
    for (int32_t p = 0; p < panels; p++) {
      int32_t row = cut(at->rows, panels, p), height = cut(at->rows, panels, p + 1) - row;
      struct block block = {.depth = depth, .c = g->panel_result ? c : c + row * c_row, .c_row = c_row, .add = d > 0};
      block.a = a + row * (packed ? depth : g->a_row);
      block.a_row = packed ? 1 : g->a_row;
      block.a_step = packed ? height : g->a_column;
      multiply_panel(g, &block, height, at->columns, b, b_is_near);
      if (tape_by_panel && d == g->depth_blocks - 1) run_gemm_tape(g, at, row, height);
    }
  }
  if (with_tape && !tape_by_panel) run_gemm_tape(g, at, 0, at->rows);
}

/** c[i, :] += a[i, k] b[k, :], four k at a time, k in order. */
static void add_rows(const struct gemm *g, const struct region *at, float *c, ptrdiff_t c_row) {
  const float *a = g->a + at->batch * g->a_batch + at->row * g->a_row;
  const float *b = g->b + at->batch * g->b_batch + at->column;
  int32_t whole = at->columns / VW * VW;
  for (int32_t i = 0; i < at->rows; i++)
    for (int32_t j = 0; j < c_row; j++) c[i * c_row + j] = 0;
  for (int32_t k = 0; k < g->k; k += 4, b += 4 * g->b_row) {
    int32_t depth = least(4, g->k - k);
    for (int32_t i = 0; i < at->rows; i++) {
      float left[4] = {0, 0, 0, 0}, *sum = c + i * c_row;
      for (int32_t q = 0; q < depth; q++) left[q] = a[i * g->a_row + (k + q) * g->a_column];
      if (depth == 4)
        for (int32_t j = 0; j < whole; j += VW) {
          f32v s = muladd(splat(left[0]), load(b + j), load(sum + j));
          s = muladd(splat(left[1]), load(b + g->b_row + j), s);
          s = muladd(splat(left[2]), load(b + 2 * g->b_row + j), s);
          store(sum + j, muladd(splat(left[3]), load(b + 3 * g->b_row + j), s));
        }
      for (int32_t q = 0; q < depth; q++)
        for (int32_t j = depth == 4 ? whole : 0; j < at->columns; j++) sum[j] += left[q] * b[q * g->b_row + j];
    }
  }
}

static void gemm_chunk(struct gemm *g, int32_t chunk) {
  struct region at;
  /* A thread's share of chunks is a share of the columns, of weights and of their gradients alike: it stays in its cache. */
  int32_t row_block = chunk % g->row_blocks, strip = chunk / g->row_blocks % g->strips;
  int32_t panels = divide_up(g->n, COLUMN_TILE);
  at.batch = chunk / g->strips / g->row_blocks;
  at.row = cut(g->m, g->row_blocks, row_block);
  at.rows = cut(g->m, g->row_blocks, row_block + 1) - at.row;
  at.column = cut(panels, g->strips, strip) * COLUMN_TILE;
  at.columns = least(cut(panels, g->strips, strip + 1) * COLUMN_TILE, g->n) - at.column;

  if (g->plain && g->method != ADD_ROWS && at.columns % COLUMN_TILE == 0) {
    float *c = g->plain + at.batch * g->plain_batch + at.row * g->plain_row + at.column;
    multiply_region(g, &at, c, g->plain_row, 0);
    return;
  }
  int32_t width = round_up(at.columns, COLUMN_TILE);
  place_result(&g->tape, g->result, width, at.row, at.column);
  if (g->method != ADD_ROWS) {
    multiply_region(g, &at, g->result, width, 1);
    return;
  }
  add_rows(g, &at, g->result, width);
  run_gemm_tape(g, &at, 0, at.rows);
}
