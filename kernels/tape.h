/*
 * The elementwise interpreter: ops run one after the other on a tile that stays in the first-level cache. Registers are
 * pointers, straight into memory where an operand is contiguous over the tile.
 */
#pragma once
#include "ops.h"
#include "philox.h"
#include "rows.h"

/* Rows shorter than this may be laid end to end in a tile: see packs_rows. */
#define SHORT_ROW 128
/* Elements of a tile whose registers need no room of their own. */
#define MEMORY_TILE (4 * TILE)
/* Elements of a chunk, about; of one whose rows are reduced, which takes several passes and functions. */
#define CHUNK 16384
#define ROWS_CHUNK (CHUNK / 4)

enum access {
  CONSTANT,   /* one value for all elements: filled in once */
  CONTIGUOUS, /* row-major over all of the iteration space */
  COLUMN,     /* one value for each row, in a tape with columns */
  REPEATED,   /* the same row for all rows */
  STRIDED,
};

struct operand {
  uint32_t *base;
  enum access access;
  int32_t stride[MAX_RANK];
};

struct tape {
  int32_t rank, dims[MAX_RANK];
  int32_t inputs, operands, register_count; /* inputs come first, then outputs, temporaries, columns */
  int32_t first_column;                     /* of the temporary columns */
  int has_columns; /* rows are whole in every tile */
  int in_memory;   /* every register is an operand whose rows are contiguous, or one value */
  int in_loop;     /* what it writes may come back in the next step */
  int32_t op_count;
  const int32_t *ops;
  const int32_t *keys;
  void *const *bases;
  uint32_t *scratch;
  struct lanes registers[MAX_REGISTERS];
  struct operand operand[MAX_REGISTERS];
};

/** Elements from each operand's base to the start of the current row. */
struct rows {
  int32_t at[MAX_RANK];
  int32_t offset[MAX_REGISTERS];
};

#define TAPE_SCRATCH_WORDS (MAX_REGISTERS * TILE)

INLINE uint32_t *locate(void *const *bases, const int32_t *buffer_and_offset) {
  return (uint32_t *)bases[buffer_and_offset[0]] + buffer_and_offset[1];
}

static const int32_t *read_operand(struct operand *o, const int32_t *words, int32_t rank, void *const *bases) {
  o->base = locate(bases, words);
  for (int32_t d = 0; d < rank; d++) o->stride[d] = words[2 + d];
  return words + 2 + rank;
}

/** Merges neighbouring dimensions that every operand walks as one. A tape with columns keeps the last one as it is. */
static void merge_dimensions(struct tape *t) {
  int32_t kept = 0;
  for (int32_t d = 0; d < t->rank; d++) {
    int is_row = t->has_columns && d == t->rank - 1;
    if (t->dims[d] == 1 && !is_row) continue;
    int merge = kept > 0 && !is_row;
    for (int32_t k = 0; merge && k < t->operands; k++)
      merge = t->operand[k].stride[kept - 1] == t->operand[k].stride[d] * t->dims[d];
    t->dims[merge ? kept - 1 : kept] = t->dims[d] * (merge ? t->dims[kept - 1] : 1);
    for (int32_t k = 0; k < t->operands; k++) t->operand[k].stride[merge ? kept - 1 : kept] = t->operand[k].stride[d];
    kept += !merge;
  }
  if (kept == 0) {
    t->dims[0] = 1;
    for (int32_t k = 0; k < t->operands; k++) t->operand[k].stride[0] = 0;
    kept = 1;
  }
  t->rank = kept;
}

static enum access classify(const struct tape *t, const struct operand *o, int is_input) {
  int constant = is_input, contiguous = 1, repeated = is_input && t->rank > 1;
  int32_t expected = 1;
  for (int32_t d = t->rank - 1; d >= 0; d--) {
    if (t->dims[d] == 1) continue;
    constant &= o->stride[d] == 0;
    contiguous &= o->stride[d] == expected;
    if (d < t->rank - 1) repeated &= o->stride[d] == 0;
    expected *= t->dims[d];
  }
  if (constant) return CONSTANT;
  if (t->has_columns && o->stride[t->rank - 1] == 0) return COLUMN;
  return contiguous ? CONTIGUOUS : repeated ? REPEATED : STRIDED;
}

static void fill(float *to, uint32_t value, int32_t n) {
  f32v v = (f32v)splat_int((int32_t)value);
  for (int32_t i = 0; i < n; i += VW) store(to + i, v);
}

/** Rows laid end to end in a tile: a multiple of the vector width where there is room, so that tiles are whole vectors. */
static int32_t rows_of_tile(int32_t columns) {
  int32_t rows = TILE / columns;
  return rows >= 16 ? rows & ~15 : rows >= 4 ? rows & ~3 : rows;
}

/** Short rows that would waste lanes by themselves are laid end to end. */
static int packs_rows(int32_t width) { return width < SHORT_ROW && (width % VW != 0 || width < 4 * VW); }

INLINE void copy_words(uint32_t *restrict to, const uint32_t *restrict from, int32_t n) {
  int32_t i = 0;
  for (; i + VW <= n; i += VW) store(to + i, load(from + i));
#ifdef LOADS_SOME
  if (i < n) store_some((float *)to + i, load_some((const float *)from + i, n - i), n - i);
#else
  for (; i < n; i++) to[i] = from[i];
#endif
}

static void copy_in(uint32_t *restrict to, const uint32_t *restrict from, int32_t stride, int32_t n) {
  if (stride == 0) {
    uint32_t value = *from;
    for (int32_t i = 0; i < n; i++) to[i] = value;
  } else if (stride == 1) {
    copy_words(to, from, n);
  } else {
    for (int32_t i = 0; i < n; i++) to[i] = from[i * stride];
  }
}

/** `rows` rows of n: the first `from`, the others `step` further each. One number all along a row is spread by vectors. */
static void copy_rows(uint32_t *to, int32_t to_row, const uint32_t *from, int32_t step, int32_t stride, int32_t rows, int32_t n) {
  if (stride == 0 && step == 1) {
    spread_rows(rows, n, (struct lanes){(float *)to, to_row}, (const float *)from);
    return;
  }
  for (int32_t r = 0; r < rows; r++, to += to_row, from += step) copy_in(to, from, stride, n);
}

static void copy_out(uint32_t *restrict to, const uint32_t *restrict from, int32_t stride, int32_t n) {
  if (stride == 1) {
    copy_words(to, from, n);
  } else {
    for (int32_t i = 0; i < n; i++) to[i * stride] = from[i];
  }
}

/** Reads a tape. A product says where its result is by `place_result`, task by task. */
static void read_tape(struct tape *t, const int32_t *words, int32_t rank, const int32_t *dims, void *const *bases,
                      uint32_t *scratch) {
  int32_t inputs = words[0], outputs = words[1], temps = words[2], columns = words[3], keys = words[4];
  t->rank = rank;
  for (int32_t d = 0; d < rank; d++) t->dims[d] = dims[d];
  t->inputs = inputs;
  t->operands = inputs + outputs;
  t->first_column = t->operands + temps;
  t->register_count = t->first_column + columns;
  t->has_columns = columns > 0;
  t->in_loop = 0;
  t->op_count = words[5];
  t->bases = bases;
  t->scratch = scratch;
  words += 6;
  int32_t results = 0;
  for (int32_t k = 0; k < t->operands; k++) {
    struct operand *o = &t->operand[k];
    int32_t kind = k < inputs ? *words++ : INPUT_OPERAND;
    if (kind == INPUT_OPERAND) {
      words = read_operand(o, words, rank, bases);
      continue;
    }
    o->base = (uint32_t *)words;
    for (int32_t d = 0; d < rank; d++) o->stride[d] = 0;
    if (kind == INPUT_IMMEDIATE) words++;
    else results++;
  }
  t->keys = words;
  t->ops = words + 2 * keys;
  if (!results) merge_dimensions(t);
  t->in_memory = t->register_count == t->operands;
  int32_t width = t->dims[t->rank - 1], filled = 1;
  for (int32_t d = 0; d < t->rank && filled < TILE; d++) filled = least(TILE, filled * t->dims[d]);
  for (int32_t k = 0; k < t->register_count; k++) t->registers[k] = (struct lanes){(float *)scratch + k * TILE, 0};
  for (int32_t k = 0; k < t->operands; k++) {
    struct operand *o = &t->operand[k];
    int is_result = k < results;
    o->access = is_result ? STRIDED : classify(t, o, k < inputs);
    t->in_memory &= is_result || o->access == CONSTANT || o->stride[t->rank - 1] == 1;
    if (o->access == CONSTANT) fill(t->registers[k].at, *o->base, filled);
    if (o->access == REPEATED && packs_rows(width))
      for (int32_t r = 0; r < rows_of_tile(width); r++)
        copy_in((uint32_t *)t->registers[k].at + r * width, o->base, o->stride[t->rank - 1], width);
  }
}

/** A result among a tape's first inputs: its row m and column n are at tile[(m − row0)·width + n − column0]. */
static void place_result(struct tape *t, int32_t input, float *tile, int32_t width, int32_t row0, int32_t column0) {
  struct operand *o = &t->operand[input];
  o->stride[0] = 0;
  o->stride[1] = width;
  o->stride[2] = 1;
  o->base = (uint32_t *)tile - ((ptrdiff_t)row0 * width + column0);
}

/** Where a product's result goes if its tape just stores it in rows; else 0. */
static float *plain_store(const struct tape *t) {
  const int32_t *op = t->ops;
  int plain = t->inputs == 1 && t->operands == 2 && t->op_count == 1 && op[0] == OP_MOVE && op[1] == 1 && op[2] == 0;
  return plain && t->operand[1].stride[2] == 1 ? (float *)t->operand[1].base : 0;
}

static void seek_row(const struct tape *t, struct rows *rows, int32_t row) {
  for (int32_t k = 0; k < t->operands; k++) rows->offset[k] = 0;
  for (int32_t d = t->rank - 2; d >= 0; d--) {
    int32_t at = row % t->dims[d];
    row /= t->dims[d];
    rows->at[d] = at;
    for (int32_t k = 0; k < t->operands; k++) rows->offset[k] += at * t->operand[k].stride[d];
  }
}

/** Moves `count` rows on, at most to the end of the innermost of the outer dimensions. */
static void advance_rows(const struct tape *t, struct rows *rows, int32_t count) {
  for (int32_t d = t->rank - 2; d >= 0; d--, count = 1) {
    int wraps = (rows->at[d] += count) == t->dims[d];
    if (wraps) rows->at[d] = 0;
    int32_t step = wraps ? count - t->dims[d] : count;
    for (int32_t k = 0; k < t->operands; k++) rows->offset[k] += step * t->operand[k].stride[d];
    if (!wraps) return;
  }
}

/** Whether the register holds one value for each row. */
static int is_column(const struct tape *t, int32_t k) {
  return k >= t->operands ? k >= t->first_column : t->operand[k].access == COLUMN;
}

/**
 * Runs the ops on `count` rows of `columns` elements, `width` apart in the iteration space, where `first` is the first one's number.
 * Packed rows lie end to end in the registers: but for row ops they are one long row.
 */
static void run_ops(const struct tape *t, int32_t count, int32_t columns, int packed, uint32_t first, int32_t width) {
  int32_t rows = packed ? 1 : count, n = packed ? count * columns : columns, padded = round_up(n, VW);
  const struct lanes *r = t->registers;
  for (const int32_t *op = t->ops, *end = op + 5 * t->op_count; op < end; op += 5) {
    struct lanes to = r[op[1]], x = r[op[2]];
    if (op[0] < OP_UNIFORM) {
      if (t->has_columns && is_column(t, op[1])) run_op(op[0], 1, round_up(count, VW), to, x, r[op[3]], r[op[4]]);
      else run_op(op[0], rows, padded, to, x, r[op[3]], r[op[4]]);
      int is_output = op[1] >= t->inputs && op[1] < t->operands;
      if (KEEPS_SUBNORMALS && t->in_loop && is_output && is_arithmetic(op[0])) clear_subnormals(rows, padded, to);
    } else if (op[0] == OP_SPREAD) {
      spread_rows(count, columns, packed ? (struct lanes){to.at, columns} : to, x.at);
    } else if (op[0] >= OP_ROW_SUM) {
      reduce_rows(op[0], count, columns, to.at, packed ? (struct lanes){x.at, columns} : x);
    } else {
      const uint32_t *key = locate(t->bases, t->keys + 2 * op[2]);
      for (int32_t i = 0; i < rows; i++) draw(op[0], key, first + (uint32_t)(i * width), n, to.at + i * to.row);
    }
  }
}

/**
 * n elements, from `column` on, of the current row and the `count` − 1 after it, all in one innermost outer dimension.
 * Registers point into memory where elements are neighbours and fill whole vectors.
 */
static void run_tile(struct tape *t, const struct rows *rows, int32_t count, int32_t column, int32_t n, uint32_t first) {
  int32_t last = t->rank - 1, own_row = round_up(n, VW);
  for (int32_t k = 0; k < t->operands; k++) {
    struct operand *o = &t->operand[k];
    if (o->access == CONSTANT) continue;
    int32_t stride = o->stride[last], row = last > 0 ? o->stride[last - 1] : 0;
    uint32_t *memory = o->base + rows->offset[k] + column * stride;
    if (stride == 1 && own_row == n) {
      t->registers[k] = (struct lanes){(float *)memory, row};
      continue;
    }
    uint32_t *own = t->scratch + k * TILE;
    int is_input = k < t->inputs, one_row = is_input && row == 0;
    t->registers[k] = (struct lanes){(float *)own, one_row ? 0 : own_row};
    if (o->access == COLUMN) {
      if (is_input) copy_in(own, memory, row, count);
      continue;
    }
    if (is_input) copy_rows(own, own_row, memory, row, stride, one_row ? 1 : count, n);
  }
  for (int32_t k = t->operands; k < t->register_count; k++) t->registers[k].row = own_row;
  run_ops(t, count, n, 0, first, t->dims[last]);
  for (int32_t k = t->inputs; k < t->operands; k++) {
    struct operand *o = &t->operand[k];
    int32_t stride = o->stride[last], row = last > 0 ? o->stride[last - 1] : 0;
    if (stride == 1 && own_row == n) continue;
    uint32_t *memory = o->base + rows->offset[k] + column * stride;
    if (o->access == COLUMN) copy_out(memory, t->scratch + k * TILE, row, count);
    else
      for (int32_t r = 0; r < count; r++) copy_out(memory + r * row, t->scratch + k * TILE + r * own_row, stride, n);
  }
}

/** Brings `count` rows of an operand to where row r of packed rows lies. */
static void copy_rows_in(struct tape *t, int32_t k, const struct rows *rows, int32_t r, int32_t count) {
  int32_t last = t->rank - 1, columns = t->dims[last];
  const struct operand *o = &t->operand[k];
  int32_t stride = o->stride[last], step = last > 0 ? o->stride[last - 1] : 0;
  const uint32_t *from = o->base + rows->offset[k];
  uint32_t *to = t->scratch + k * TILE;
  if (o->access == COLUMN) copy_in(to + r, from, step, count);
  else copy_rows(to + r * columns, columns, from, step, stride, count, columns);
}

static void copy_rows_out(struct tape *t, int32_t k, const struct rows *rows, int32_t r, int32_t count) {
  int32_t last = t->rank - 1, columns = t->dims[last];
  const struct operand *o = &t->operand[k];
  int32_t stride = o->stride[last], step = last > 0 ? o->stride[last - 1] : 0;
  uint32_t *to = o->base + rows->offset[k];
  const uint32_t *from = t->scratch + k * TILE;
  if (o->access == COLUMN) copy_out(to, from + r, step, count);
  else
    for (int32_t i = r; i < r + count; i++, to += step) copy_out(to, from + i * columns, stride, columns);
}

/** Rows from `row` on that operands walk with one stride: to the end of the innermost of the outer dimensions, at most `count`. */
static int32_t straight_rows(const struct tape *t, const struct rows *rows, int32_t count) {
  return t->rank > 1 ? least(count, t->dims[t->rank - 2] - rows->at[t->rank - 2]) : count;
}

/** `count` whole rows, end to end. Leaves `rows` behind the last of them. */
static void run_packed_rows(struct tape *t, struct rows *rows, int32_t row, int32_t count) {
  int32_t last = t->rank - 1, columns = t->dims[last], n = count * columns;
  uint32_t first = (uint32_t)row * (uint32_t)columns;
  int32_t copied[MAX_REGISTERS], copies = 0;
  for (int32_t k = 0; k < t->operands; k++) {
    struct operand *o = &t->operand[k];
    if (o->access == CONSTANT || o->access == REPEATED) continue;
    /* A product's result is one row after the other, too, where its tile is as wide as it. */
    int follow = last > 0 && o->stride[last] == 1 && o->stride[last - 1] == columns && straight_rows(t, rows, count) == count;
    int in_place = (o->access == CONTIGUOUS || follow) && n % VW == 0;
    uint32_t *memory = o->access == CONTIGUOUS ? o->base + first : o->base + rows->offset[k];
    t->registers[k].at = (float *)(in_place ? memory : t->scratch + k * TILE);
    if (!in_place) copied[copies++] = k;
  }
  struct rows start = *rows;
  for (int32_t r = 0, run; r < count; r += run, advance_rows(t, rows, run)) {
    run = straight_rows(t, rows, count - r);
    for (int32_t i = 0; i < copies && copied[i] < t->inputs; i++) copy_rows_in(t, copied[i], rows, r, run);
  }
  run_ops(t, count, columns, 1, first, 0);
  if (copies == 0 || copied[copies - 1] < t->inputs) return;
  for (int32_t r = 0, run; r < count; r += run, advance_rows(t, &start, run)) {
    run = straight_rows(t, &start, count - r);
    for (int32_t i = copies - 1; i >= 0 && copied[i] >= t->inputs; i--) copy_rows_out(t, copied[i], &start, r, run);
  }
}

/** Runs the tape on rows [row, row + count) and columns [column, column + columns), by tiles of at most `room` elements. */
static void run_tiles(struct tape *t, int32_t row, int32_t count, int32_t column, int32_t columns, int32_t room) {
  struct rows rows;
  uint32_t width = (uint32_t)t->dims[t->rank - 1];
  seek_row(t, &rows, row);
  int32_t segment = round_up(divide_up(columns, divide_up(columns, TILE)), 16), step = most(1, room / segment);
  for (int32_t r = 0, tall; r < count; r += tall, advance_rows(t, &rows, tall)) {
    tall = straight_rows(t, &rows, least(step, count - r));
    uint32_t first = (uint32_t)(row + r) * width;
    for (int32_t c = 0; c < columns; c += segment)
      run_tile(t, &rows, tall, column + c, least(segment, columns - c), first + (uint32_t)(column + c));
  }
}

/** Runs the tape on rows [row, row + count) and columns [column, column + columns) of the iteration space. */
static void run_tape(struct tape *t, int32_t row, int32_t count, int32_t column, int32_t columns) {
  int32_t width = t->dims[t->rank - 1];
  if (packs_rows(width) && columns == width) {
    struct rows rows;
    seek_row(t, &rows, row);
    int32_t step = rows_of_tile(width);
    for (int32_t r = 0; r < count; r += step) run_packed_rows(t, &rows, row + r, least(step, count - r));
    return;
  }
  /* Whole vectors stay where they are in memory; what is left of the rows goes through registers of its own. */
  int32_t rest = columns % VW;
  if (t->has_columns && rest > 0) rest = columns;
  int32_t whole = columns - rest;
  if (whole > 0) run_tiles(t, row, count, column, whole, t->in_memory ? MEMORY_TILE : TILE);
  if (rest > 0) run_tiles(t, row, count, column + whole, rest, TILE);
}
