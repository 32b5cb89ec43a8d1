/*
 * GEMM with the tape as its epilogue. A task is a block of rows by a strip of columns. For each block of k it goes through
 * A panel by panel; the first panel of A packs the strip of B as it passes. A is packed beforehand, by all threads
 * together, where packing pays. What is needed next (the operands of the tape, or the next part of B) is fetched meanwhile.
 */
#pragma once
#include "amx.h"
#include "pack.h"
#include "tape.h"

#define ROW_BLOCK (ROW_TILE * 40)
#define BATCH_ROW_BLOCK (ROW_TILE * 16)
#define STRIP 128
/* The strip of a shallow product whose result goes through a tape: long pieces of the rows that the tape reads and writes. */
#define WIDE_STRIP 512
/* Up to this many panels of A pass by one tile of B after the other; more go by the whole strip one after the other. */
#define FEW_PANELS (FETCHES ? 16 : 0)
#define DEPTH_BLOCK 512
/*
 * Over more k than this, blocks of k are shorter, and results are sums in double precision of sums over SHORT_SUMS of those. A block of
 * rows is smaller, so that there is room for both.
 */
#define LONG_GEMM (SHORT_SUMS * DEPTH_BLOCK)
#define LONG_ROW_BLOCK (ROW_TILE * 13)
/* Columns of a transposed A that are packed at a time. */
#define PACK_DEPTH 32
/* Tasks that a product has at least, if it is large enough; and panels of rows that a task has then. */
#define MANY_TASKS 16
#define LEAST_PANELS 7
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
_Static_assert(3 * LONG_ROW_BLOCK * STRIP <= RESULT_WORDS, "results of long sums and their totals fit");

enum gemm_method {
  SHARED_A, /* packed once, in the instruction's scratch */
  LOCAL_A,  /* packed by each task (batches) */
  LOOSE_A,  /* not packed */
  ADD_ROWS, /* few rows: see SKINNY */
  DOTS,     /* few columns: see narrow.h */
  TURNED,
  TILED,    /* operands rounded to bfloat16: see tiled-gemm.h */
};

struct gemm {
  int32_t batch, m, n, k;
  const float *a, *b;
  ptrdiff_t a_batch, a_row, a_column, b_batch, b_row, b_column;
  float *packed;
  enum gemm_method method;
  const struct tile_unit *tiles; /* of a TILED one */
  int32_t row_blocks, strips, depth_blocks, pack_parts;
  /* Blocks of k whose results are added in float32; totals of such in double precision where there are more. */
  int32_t short_blocks;
  double *totals;
  /* Columns of B that are worked on together. */
  int32_t group;
  /* One block of k and a tape that runs panel by panel: a panel's results are all that is kept. */
  int panel_result;
  /* Where the result goes if the tape just stores it in rows. */
  float *plain;
  ptrdiff_t plain_batch, plain_row;
  /* Operands of such a tape that it reads from memory in rows. */
  int32_t streams, stream[MAX_STREAMS];
  float *local_b, *result, *local_a;
  /* Of a dense plan that lists closed pairs (else 0): `units` rows of the result, or as many k, belong to a block. */
  const struct plan *plan;
  int32_t units;
  int rows_are_units;
  int mends; /* the region at hand: see meets_closed */
  struct tape tape;
};

struct region {
  int32_t batch, row, rows, column, columns;
};

#include "add-rows.h"
#include "closed-pairs.h"
#include "totals.h"
#include "tiled-gemm.h"
#include "narrow.h"
#include "panels.h"

/** Enough for every precision and every layout. */
static int32_t gemm_scratch_words(int32_t m, int32_t n, int32_t k) {
  return packs_a(m, n) ? most(m * k, tiled_scratch_words(m, k)) : m > SKINNY && n <= MOST_DOTS && k <= LONG_GEMM ? n * k : 0;
}

static void find_plain_store(struct gemm *g) {
  g->plain = plain_store(&g->tape);
  g->plain_batch = g->tape.operand[1].stride[0];
  g->plain_row = g->tape.operand[1].stride[1];
}

static void find_streams(struct gemm *g) {
  for (int32_t k = 1; k < g->tape.inputs && g->streams < MAX_STREAMS; k++) {
    const struct operand *o = &g->tape.operand[k];
    if (o->access != CONSTANT && o->stride[2] == 1 && o->stride[1] != 0) g->stream[g->streams++] = k;
  }
}

#define GEMM_WORDS 16

/** Reads the words before the tape, and the tape. */
static void read_gemm(struct gemm *g, const int32_t *words, const int32_t *tape, void *const *bases, uint32_t *scratch,
                      enum precision precision) {
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
  g->plan = 0;
  int32_t dims[3] = {g->batch, g->m, g->n};
  read_tape(&g->tape, tape, 3, dims, bases, scratch);
  g->local_b = (float *)scratch + TAPE_SCRATCH_WORDS;
  g->result = g->local_b + LOCAL_B_WORDS;
  g->local_a = g->result + RESULT_WORDS;
  find_plain_store(g);

  if (rounds_operands(precision, g->m, g->n)) {
    plan_tiled(g, precision);
    return;
  }
  int32_t row_block = ROW_BLOCK;
  if (g->m <= SKINNY && g->b_column == 1) g->method = ADD_ROWS;
  else if (g->n < NARROW || g->m <= SKINNY) g->method = narrow_method(g), row_block = narrow_row_block(g->method);
  else if (g->batch > 1) g->method = LOCAL_A, row_block = BATCH_ROW_BLOCK;
  else g->method = SHARED_A;
  int is_long = g->k > LONG_GEMM;
  g->row_blocks = divide_up(g->m, is_long ? least(row_block, LONG_ROW_BLOCK) : row_block);
  g->depth_blocks = divide_up(g->k, is_long ? SHORT_SUM : DEPTH_BLOCK);
  g->short_blocks = is_long ? SHORT_SUMS : g->depth_blocks;
  g->totals = (double *)(g->result + LONG_ROW_BLOCK * STRIP);
  g->panel_result = !g->plain && g->method <= LOOSE_A && g->depth_blocks == 1 && !packs_rows(g->n);
  g->streams = 0;
  if (g->panel_result) find_streams(g);
  g->strips = divide_up(g->n, STRIP);
  if (g->panel_result && g->method == SHARED_A && g->k * WIDE_STRIP <= LOCAL_B_WORDS)
    g->strips = divide_up(g->n, WIDE_STRIP);
  /* Where there would be few tasks: fewer rows, so that a tape still has long rows, else narrower strips, an even number of them. */
  if (g->panel_result && g->method == SHARED_A)
    g->row_blocks = most(g->row_blocks, least(divide_up(MANY_TASKS, g->strips), g->m / (LEAST_PANELS * ROW_TILE)));
  if (g->panel_result && g->batch * g->row_blocks * g->strips < MANY_TASKS) g->strips = divide_up(g->n, STRIP);
  if ((int64_t)g->batch * g->row_blocks * g->strips < MANY_TASKS)
    g->strips = least(round_up(divide_up(g->n, STRIP / 2), 4), divide_up(g->n, COLUMN_TILE));
  if (g->tape.has_columns || g->method == DOTS) g->strips = 1;
  g->group = !g->panel_result && divide_up(g->m, g->row_blocks) <= FEW_PANELS * ROW_TILE ? COLUMN_TILE : WIDE_STRIP;
  int32_t rows = divide_up(g->m, g->row_blocks), depth = divide_up(g->k, g->depth_blocks);
  g->pack_parts = most(1, (packs_dots(g) ? g->n * g->k : rows * depth) / CHUNK);
}

/** A GEMM whose result is stored as it is, in rows of n numbers. */
static void read_stored_gemm(struct gemm *g, const int32_t *words, const int32_t *out, int32_t row, void *const *bases,
                             uint32_t *scratch, enum precision precision) {
  /* A tape that is read once: its one op is known by then. */
  static const int32_t move[5] = {OP_MOVE, 1, 0, 0, 0};
  int32_t tape[6 + 1 + 5 + 5] = {1, 1, 0, 0, 0, 1, INPUT_RESULT, out[0], out[1], 0, row, 1, OP_MOVE, 1, 0, 0, 0};
  read_gemm(g, words, tape, bases, scratch, precision);
  g->tape.ops = move;
}

static int32_t gemm_pack_chunks(const struct gemm *g) {
  if (is_tiled(g)) return tiled_pack_chunks(g);
  if (packs_dots(g)) return g->pack_parts;
  return g->method == SHARED_A ? g->row_blocks * g->depth_blocks * g->pack_parts : 0;
}

static int32_t gemm_chunks(const struct gemm *g) { return g->batch * g->row_blocks * g->strips; }

static void gemm_pack_chunk(const struct gemm *g, int32_t chunk) {
  if (is_tiled(g)) tiled_pack_chunk(g, chunk);
  else if (packs_dots(g)) pack_dots(g, chunk);
  else pack_shared_chunk(g, chunk);
}

/** The region of a chunk. */
static struct region region_of(const struct gemm *g, int32_t chunk) {
  struct region at;
  /* A thread's share of chunks is a share of the columns, of weights and of their gradients alike: it stays in its cache. */
  int32_t row_block = chunk % g->row_blocks, strip = chunk / g->row_blocks % g->strips;
  int32_t panels = divide_up(g->n, COLUMN_TILE);
  at.batch = chunk / g->strips / g->row_blocks;
  int32_t unit = g->method == TURNED ? COLUMN_TILE : 1;
  at.row = cut_by(unit, g->m, g->row_blocks, row_block);
  at.rows = cut_by(unit, g->m, g->row_blocks, row_block + 1) - at.row;
  at.column = cut(panels, g->strips, strip) * COLUMN_TILE;
  at.columns = least(cut(panels, g->strips, strip + 1) * COLUMN_TILE, g->n) - at.column;
  return at;
}

/** A piece of B: a block of k by some columns. */
struct slab {
  const float *b;
  int32_t depth, columns;
};

/** Block d of k, and a group of the region's columns from `column` on. */
static struct slab slab_of(const struct gemm *g, const struct region *at, int32_t d, int32_t column) {
  int32_t depth0 = cut(g->k, g->depth_blocks, d), depth = cut(g->k, g->depth_blocks, d + 1) - depth0;
  const float *b = g->b + at->batch * g->b_batch + depth0 * g->b_row + (at->column + column) * g->b_column;
  return (struct slab){b, depth, least(g->group, at->columns - column)};
}

/** What one call of gemm_chunk works on, and what probably comes after it (nothing: no rows, no columns). */
struct task {
  struct region at, next;
  float *c;
  ptrdiff_t c_row;
  int32_t panels;
  int b_is_near;
  /* The piece of B at hand, from `column` of the region on, and the one after it, of which each tile fetches `share` rows. */
  int32_t column;
  struct slab slab, next_slab;
  int32_t share;
  /* The next panel's rows, and where each operand that the tape will read there begins. */
  int32_t next_rows;
  const float *stream[MAX_STREAMS];
};

/** What the n-th tile of the slab fetches of the next slab: B's rows, or its columns where those are what is contiguous. */
static struct fetch fetch_slab(const struct gemm *g, const struct task *t, int32_t n) {
  const struct slab *s = &t->next_slab;
  int by_rows = g->b_column == 1;
  int32_t first = n * t->share, lines = by_rows ? s->depth : s->columns;
  if (s->columns == 0 || first >= lines || !(by_rows || g->b_row == 1)) return (struct fetch){0};
  ptrdiff_t step = by_rows ? g->b_row : g->b_column;
  return fetch_rows(s->b + first * step, step, least(t->share, lines - first), by_rows ? s->columns : s->depth);
}

/** The tape's operands for the next panel: one after the other from tile to tile, for as many tiles. */
static struct fetch fetch_operand(const struct gemm *g, const struct task *t, int32_t tile) {
  int32_t which = tile % g->streams, column = (tile - which) * COLUMN_TILE;
  return fetch_rows(t->stream[which] + column, g->tape.operand[g->stream[which]].stride[1], t->next_rows,
                    least(g->streams * COLUMN_TILE, t->slab.columns - column));
}

/** Where the tape's operands for the next panel are. */
static void find_next_panel(const struct gemm *g, struct task *t, int32_t panel) {
  int last = panel == t->panels - 1;
  const struct region *at = last ? &t->next : &t->at;
  int32_t next = last ? 0 : panel + 1, row = cut(at->rows, t->panels, next);
  t->next_rows = cut(at->rows, t->panels, next + 1) - row;
  for (int32_t i = 0; i < g->streams; i++) {
    const struct operand *o = &g->tape.operand[g->stream[i]];
    t->stream[i] = (const float *)o->base + at->batch * o->stride[0] + (at->row + row) * (ptrdiff_t)o->stride[1] +
                   at->column + t->column;
  }
}

/** Whether a tile of B is used where it lies; if not, whether the first panel of A packs it as it passes. */
static int is_near(const struct task *t, int32_t width) { return t->b_is_near && width == COLUMN_TILE; }
static int is_copied(const struct gemm *g, const struct task *t, int32_t width) {
  return FETCHES && g->b_column == 1 && g->method != LOOSE_A && width == COLUMN_TILE && !t->b_is_near;
}

/** Packs the tiles of the slab that no panel of A will. */
static void pack_slab(const struct gemm *g, const struct task *t) {
  const struct slab *s = &t->slab;
  for (int32_t j = 0; j < s->columns; j += COLUMN_TILE) {
    int32_t width = least(COLUMN_TILE, s->columns - j);
    if (is_near(t, width) || is_copied(g, t, width)) continue;
    pack_columns(width, s->depth, s->b + j * g->b_column, g->b_column, g->b_row, g->local_b + j * s->depth);
  }
}

/** A tile of the slab by a panel of A; the block holds what does not change from tile to tile. */
static void multiply_tile(const struct gemm *g, const struct task *t, struct block *block, int32_t panel, int32_t height,
                          int32_t tile) {
  const struct slab *s = &t->slab;
  int32_t column = tile * COLUMN_TILE, width = least(COLUMN_TILE, s->columns - column);
  int near = is_near(t, width), copies = panel == 0 && is_copied(g, t, width), narrow = COLUMN_VECTORS > 1 && width <= VW;
  float *packed = g->local_b + column * s->depth;
  block->b = near || copies ? s->b + column * g->b_column : packed;
  block->b_step = near || copies ? g->b_row : COLUMN_TILE;
  block->copy = packed;
  if (FETCHES)
    block->ahead =
        g->streams ? fetch_operand(g, t, tile) : fetch_slab(g, t, panel * divide_up(s->columns, COLUMN_TILE) + tile);
  if (copies) copying_kernels[height - 1](block);
  else (near || g->method == LOOSE_A ? loose_kernels : packed_kernels)[narrow][height - 1](block);
}

/** The slab's part of the region's result, and the tape on it where it runs panel by panel. */
static void multiply_slab(struct gemm *g, struct task *t, const float *a, int add) {
  const struct region *at = &t->at;
  int packed = g->method != LOOSE_A;
  int32_t columns = t->slab.columns, tiles = divide_up(columns, COLUMN_TILE);
  t->share = divide_up(g->b_column == 1 ? t->next_slab.depth : t->next_slab.columns, t->panels * tiles);
  pack_slab(g, t);
  for (int32_t p = 0; p < t->panels; p++) {
    int32_t row = cut(at->rows, t->panels, p), height = cut(at->rows, t->panels, p + 1) - row;
    struct block block = {.depth = t->slab.depth, .add = add, .c_row = t->c_row};
    block.a = a + row * (packed ? t->slab.depth : g->a_row);
    block.a_row = packed ? 1 : g->a_row;
    block.a_step = packed ? height : g->a_column;
    float *c = t->c + (g->panel_result ? 0 : row * t->c_row) + t->column;
    if (g->streams) find_next_panel(g, t, p);
    for (int32_t tile = 0; tile < tiles; tile++) {
      block.c = c + tile * COLUMN_TILE;
      multiply_tile(g, t, &block, p, height, tile);
    }
    if (!g->panel_result) continue;
    if (g->mends) {
      const struct region panel = {at->batch, at->row + row, height, at->column + t->column, columns};
      mend_rows(g, &panel, c, t->c_row);
    }
    place_result(&g->tape, 0, t->c, (int32_t)t->c_row, at->row + row, at->column);
    run_tape(&g->tape, at->batch * g->m + at->row + row, height, at->column + t->column, columns);
  }
}

/** The region's result into c, by blocks of k and groups of columns. */
static void multiply_region(struct gemm *g, struct task *t) {
  const struct region *at = &t->at;
  t->panels = divide_up(at->rows, ROW_TILE);
  t->b_is_near = g->b_column == 1 && (t->panels <= 2 || (g->b_row >= 0 && g->b_row <= 64));
  t->next_slab = slab_of(g, at, 0, 0);
  for (int32_t d = 0; d < g->depth_blocks; d++) {
    int32_t depth0 = cut(g->k, g->depth_blocks, d), depth = cut(g->k, g->depth_blocks, d + 1) - depth0;
    const float *a = g->a + at->batch * g->a_batch + at->row * g->a_row + depth0 * g->a_column;
    if (g->method == SHARED_A) a = packed_block(g, at->row, at->rows, depth0);
    if (g->method == LOCAL_A) {
      pack_panels(g, a, at->rows, depth, 0, t->panels, g->local_a);
      a = g->local_a;
    }
    for (t->column = 0; t->column < at->columns; t->column += g->group) {
      int last_group = t->column + g->group >= at->columns, last = last_group && d == g->depth_blocks - 1;
      t->slab = t->next_slab;
      t->next_slab = slab_of(g, last ? &t->next : at, last ? 0 : d + last_group, last_group ? 0 : t->column + g->group);
      multiply_slab(g, t, a, d % g->short_blocks > 0);
    }
    if (has_totals(g)) fold_block(g, d, t->c, g->totals, at->rows * (int32_t)t->c_row);
  }
}

static void gemm_chunk(struct gemm *g, int32_t chunk) {
  if (is_tiled(g)) {
    tiled_chunk(g, chunk);
    return;
  }
  struct task t = {.at = region_of(g, chunk)};
  if (chunk + 1 < gemm_chunks(g)) t.next = region_of(g, chunk + 1);
  const struct region *at = &t.at;
  g->mends = meets_closed(g, at);
  if (g->plain && g->method <= LOOSE_A && !has_totals(g) && at->columns % COLUMN_TILE == 0) {
    t.c = g->plain + at->batch * g->plain_batch + at->row * g->plain_row + at->column;
    t.c_row = g->plain_row;
    multiply_region(g, &t);
    if (g->mends) mend_rows(g, at, t.c, t.c_row);
    return;
  }
  t.c = g->result;
  t.c_row = g->method == DOTS || g->method == TURNED ? g->n : round_up(at->columns, COLUMN_TILE);
  if (g->method == ADD_ROWS) add_rows(g, at, t.c, t.c_row);
  else if (g->method == DOTS) multiply_dots(g, at, t.c, t.c_row);
  else if (g->method == TURNED) multiply_turned(g, at, t.c);
  else multiply_region(g, &t);
  if (g->panel_result) return;
  if (g->mends) mend_rows(g, at, t.c, t.c_row);
  place_result(&g->tape, 0, t.c, (int32_t)t.c_row, at->row, at->column);
  run_tape(&g->tape, at->batch * g->m + at->row, at->rows, at->column, at->columns);
}
