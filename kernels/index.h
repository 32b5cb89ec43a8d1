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

/** A chunk is a range of rows of the result; it looks at all indices, so few chunks where rows are short. */
static void read_scatter(struct indexing *x, const int32_t *words, void *const *bases, int32_t instruction,
                         struct control *control) {
  read_indexing(x, words, bases, instruction, control);
  int64_t work = ((int64_t)x->rows + x->count) * x->inner;
  int32_t wanted = (int32_t)(work / (2 * CHUNK) < 32 ? work / (2 * CHUNK) : 32);
  int32_t chunks = most(1, least(x->rows, x->inner < 16 ? least(wanted, 4) : wanted));
  x->rows_of_chunk = divide_up(x->rows, chunks);
  x->chunks = divide_up(x->rows, x->rows_of_chunk);
}

static void scatter_chunk(const struct indexing *x, int32_t chunk) {
  int32_t first = chunk * x->rows_of_chunk, end = least(first + x->rows_of_chunk, x->rows);
  float *out = (float *)x->out;
  const float *update = (const float *)x->source;
  for (ptrdiff_t i = (ptrdiff_t)first * x->inner; i < (ptrdiff_t)end * x->inner; i++) out[i] = 0;
  for (int32_t i = 0; i < x->count; i++) {
    int32_t row = x->index[i];
    if (row < first || row >= end) {
      if (chunk == 0) is_inside(x, row);
      continue;
    }
    float *to = out + (ptrdiff_t)row * x->inner;
    const float *from = update + (ptrdiff_t)i * x->inner;
    int32_t j = 0;
    for (; j + VW <= x->inner; j += VW) store(to + j, load(to + j) + load(from + j));
    for (; j < x->inner; j++) to[j] += from[j];
  }
}
