/* Rows picked out of a table, and added back to one. */
#pragma once
#include "tape.h"
#include "threads.h"

struct indexing {
  struct control *control;
  int32_t instruction, rows, count, inner;
  const uint32_t *source;
  const int32_t *index;
  uint32_t *out;
  int32_t rows_of_chunk, chunks;
  double *totals; /* room for SCATTER_TOTALS */
};

static void read_indexing(struct indexing *x, const int32_t *words, void *const *bases, int32_t instruction,
                          struct control *control) {
  x->control = control;
  x->instruction = instruction;
  x->rows = words[0];
  x->count = words[1];
  x->inner = words[2];
  x->source = locate(bases, words + 3);
  x->index = (const int32_t *)locate(bases, words + 5);
  x->out = locate(bases, words + 7);
}

static void read_gather(struct indexing *x, const int32_t *words, void *const *bases, int32_t instruction,
                        struct control *control) {
  read_indexing(x, words, bases, instruction, control);
  x->rows_of_chunk = most(1, CHUNK / x->inner);
  x->chunks = divide_up(x->count, x->rows_of_chunk);
}

static void copy_row(uint32_t *to, const uint32_t *from, int32_t n) {
  int32_t i = 0;
  for (; i + VW <= n; i += VW) store(to + i, load(from + i));
  for (; i < n; i++) to[i] = from[i];
}

static int is_inside(const struct indexing *x, int32_t row) {
  if (row >= 0 && row < x->rows) return 1;
  report(x->control, ERROR_INDEX, x->instruction, row);
  return 0;
}

/** A row that is not there reads as zeros. */
static void gather_chunk(const struct indexing *x, int32_t chunk) {
  int32_t first = chunk * x->rows_of_chunk, end = least(first + x->rows_of_chunk, x->count);
  for (int32_t i = first; i < end; i++) {
    uint32_t *to = x->out + (ptrdiff_t)i * x->inner;
    int32_t row = x->index[i];
    if (is_inside(x, row)) copy_row(to, x->source + (ptrdiff_t)row * x->inner, x->inner);
    else
      for (int32_t j = 0; j < x->inner; j++) to[j] = 0;
  }
}

/* Numbers that are summed in double precision at a time. */
#define SCATTER_TOTALS 65536

/** A chunk is a range of rows of the result; it looks at all indices, so few chunks where rows are short. */
static void read_scatter(struct indexing *x, const int32_t *words, void *const *bases, int32_t instruction,
                         struct control *control, uint32_t *scratch) {
  read_indexing(x, words, bases, instruction, control);
  x->totals = (double *)(scratch + TAPE_SCRATCH_WORDS);
  int64_t work = ((int64_t)x->rows + x->count) * x->inner;
  int32_t wanted = (int32_t)(work / (2 * CHUNK) < 32 ? work / (2 * CHUNK) : 32);
  int32_t chunks = most(1, least(x->rows, x->inner < 16 ? least(wanted, 4) : wanted));
  x->rows_of_chunk = divide_up(x->rows, chunks);
  if (x->count > SHORT_SUM) x->rows_of_chunk = most(1, least(x->rows_of_chunk, SCATTER_TOTALS / x->inner));
  x->chunks = divide_up(x->rows, x->rows_of_chunk);
}

/** The first index from i on that lies in rows [first, end), or `count`; of those before, chunk 0 reports what no row has. */
static int32_t next_in_rows(const struct indexing *x, int32_t i, int32_t first, int32_t end) {
  for (; i < x->count; i++) {
    if (first > 0)
      for (; i + VW <= x->count; i += VW) {
        i32v rows = load_int(x->index + i);
        if (any((rows >= splat_int(first)) & (rows < splat_int(end)))) break;
      }
    if (i == x->count) break;
    int32_t row = x->index[i];
    if (row >= first && row < end) break;
    if (first == 0) is_inside(x, row);
  }
  return i;
}

/** Few updates, added one after the other. */
static void scatter_few(const struct indexing *x, int32_t first, int32_t end) {
  float *out = (float *)x->out;
  for (ptrdiff_t i = (ptrdiff_t)first * x->inner; i < (ptrdiff_t)end * x->inner; i++) out[i] = 0;
  for (int32_t i = next_in_rows(x, 0, first, end); i < x->count; i = next_in_rows(x, i + 1, first, end)) {
    float *to = out + (ptrdiff_t)x->index[i] * x->inner;
    const float *from = (const float *)x->source + (ptrdiff_t)i * x->inner;
    int32_t j = 0;
    for (; j + VW <= x->inner; j += VW) store(to + j, load(to + j) + load(from + j));
    for (; j < x->inner; j++) to[j] += from[j];
  }
}

/** Any number of updates: of some columns, in double precision. */
static void scatter_many(const struct indexing *x, int32_t first, int32_t end, int32_t column, int32_t columns) {
  double *totals = x->totals;
  for (int32_t i = 0; i < (end - first) * columns; i++) totals[i] = 0;
  for (int32_t i = next_in_rows(x, 0, first, end); i < x->count; i = next_in_rows(x, i + 1, first, end)) {
    double *to = totals + (ptrdiff_t)(x->index[i] - first) * columns;
    const float *from = (const float *)x->source + (ptrdiff_t)i * x->inner + column;
    for (int32_t j = 0; j < columns; j++) to[j] += from[j];
  }
  for (int32_t r = first; r < end; r++, totals += columns) {
    float *out = (float *)x->out + (ptrdiff_t)r * x->inner + column;
    for (int32_t j = 0; j < columns; j++) out[j] = (float)totals[j];
  }
}

static void scatter_chunk(const struct indexing *x, int32_t chunk) {
  int32_t first = chunk * x->rows_of_chunk, end = least(first + x->rows_of_chunk, x->rows);
  if (x->count <= SHORT_SUM) scatter_few(x, first, end);
  else
    for (int32_t column = 0; column < x->inner; column += SCATTER_TOTALS)
      scatter_many(x, first, end, column, least(SCATTER_TOTALS, x->inner - column));
}
