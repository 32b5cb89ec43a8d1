/* Sums, maxima, minima and argmax along the middle dimension of [outer, length, inner]. */
#pragma once
#include "rows.h"
#include "tape.h"

/* Columns reduced together when inner > 1. */
#define REDUCE_WIDTH 128
/* A long reduction with few outputs is cut into at most so many blocks, and has at most so many partial results. */
#define REDUCE_BLOCKS 32
#define REDUCE_PARTIALS 4096

/**
 * A result on its way: a float32 sum, a float32 extreme (never converted: that may take the smallest numbers for zero), an int32 value or
 * sum, or the position of a maximum.
 */
union cell {
  double sum;
  float extreme;
  int64_t integer;
};

struct reduce {
  int32_t kind, integer, outer, length, inner;
  const uint32_t *in;
  uint32_t *out;
  int32_t width, pieces, units, units_of_chunk;
  int32_t blocks, block_length; /* blocks > 1: partial results first, then combined */
  union cell *partials;
};

static void read_reduce(struct reduce *r, const int32_t *words, void *const *bases, union cell *partials) {
  r->partials = partials;
  r->kind = words[0];
  r->integer = words[1];
  r->outer = words[2];
  r->length = words[3];
  r->inner = words[4];
  r->in = locate(bases, words + 5);
  r->out = locate(bases, words + 7);
  r->width = least(r->inner, REDUCE_WIDTH);
  r->pieces = divide_up(r->inner, r->width);
  r->units = r->outer * r->pieces;
  r->units_of_chunk = most(1, CHUNK / most(1, (int32_t)((int64_t)r->length * r->width > CHUNK ? CHUNK : r->length * r->width)));
  r->blocks = 1;
  r->block_length = r->length;
  if (r->units < 8 && (int64_t)r->length * r->width >= 2 * CHUNK) {
    int32_t wanted = (int32_t)((int64_t)r->length * r->width / CHUNK);
    int32_t room = REDUCE_PARTIALS / (r->outer * r->inner);
    r->block_length = round_up(divide_up(r->length, least(wanted, least(REDUCE_BLOCKS, room))), SUM_BLOCK);
    r->blocks = divide_up(r->length, r->block_length);
  }
}

static int32_t reduce_chunks(const struct reduce *r) {
  return r->blocks > 1 ? r->units * r->blocks : divide_up(r->units, r->units_of_chunk);
}
static int32_t reduce_combine_chunks(const struct reduce *r) { return r->blocks > 1 ? 1 : 0; }

/** Whether `value` takes the place of `best` in a maximum: larger, or the first NaN. */
static int beats(const struct reduce *r, uint32_t value, uint32_t best) {
  if (r->integer) return r->kind == REDUCTION_MIN ? (int32_t)value < (int32_t)best : (int32_t)value > (int32_t)best;
  float v, b;
  __builtin_memcpy(&v, &value, 4);
  __builtin_memcpy(&b, &best, 4);
  if (b != b) return 0;
  return v != v || (r->kind == REDUCTION_MIN ? v < b : v > b);
}

/* Vectors of columns whose sums stay in registers while rows pass by. */
#define SUM_VECTORS 8

/** sum[j] = Σ x[i, j] over `rows` rows, one after the other, for whole vectors of columns or, where `count` is not 0, as many columns. */
INLINE void sum_some_columns(const int vectors, const float *x, ptrdiff_t row, int32_t rows, int32_t count, float *sum) {
  f32v total[SUM_VECTORS];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) total[v] = count ? load_some(x, count) : load(x + v * VW);
  for (int32_t i = 1; i < rows; i++) {
    x += row;
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) total[v] += count ? load_some(x, count) : load(x + v * VW);
  }
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) store(sum + v * VW, total[v]);
}

/** The last columns, which fill no vector: with some of those before them, if there are any. */
static void sum_last_columns(const float *x, ptrdiff_t row, int32_t rows, int32_t from, int32_t width, float *sum) {
  if (width >= VW) {
    sum_some_columns(1, x + width - VW, row, rows, 0, sum + width - VW);
    return;
  }
#ifdef LOADS_SOME
  sum_some_columns(1, x + from, row, rows, width - from, sum + from);
#else
  for (int32_t j = from; j < width; j++) {
    sum[j] = x[j];
    for (int32_t i = 1; i < rows; i++) sum[j] += x[i * row + j];
  }
#endif
}

static void sum_columns(const struct reduce *r, const float *x, int32_t rows, int32_t width, union cell *to) {
  float sum[REDUCE_WIDTH];
  ptrdiff_t row = r->inner;
  for (int32_t j = 0; j < width; j++) to[j].sum = 0;
  for (int32_t done = 0; done < rows; done += SUM_ROWS, x += SUM_ROWS * row) {
    int32_t count = least(SUM_ROWS, rows - done), j = 0;
    for (; j + SUM_VECTORS * VW <= width; j += SUM_VECTORS * VW) sum_some_columns(SUM_VECTORS, x + j, row, count, 0, sum + j);
    for (; j + 4 * VW <= width; j += 4 * VW) sum_some_columns(4, x + j, row, count, 0, sum + j);
    for (; j + VW <= width; j += VW) sum_some_columns(1, x + j, row, count, 0, sum + j);
    if (j < width) sum_last_columns(x, row, count, j, width, sum);
    for (j = 0; j < width; j++) to[j].sum += sum[j];
  }
}

static void extreme_columns(const struct reduce *r, const float *x, int32_t rows, int32_t width, union cell *to) {
  float best[REDUCE_WIDTH];
  int32_t whole = width / VW * VW;
  int is_max = r->kind == REDUCTION_MAX;
  for (int32_t j = 0; j < width; j++) best[j] = x[j];
  for (int32_t i = 1; i < rows; i++) {
    x += r->inner;
    for (int32_t j = 0; j < whole; j += VW)
      store(best + j, is_max ? maximum(load(best + j), load(x + j)) : minimum(load(best + j), load(x + j)));
    for (int32_t j = whole; j < width; j++)
      if (best[j] == best[j] && (x[j] != x[j] || (is_max ? x[j] > best[j] : x[j] < best[j]))) best[j] = x[j];
  }
  for (int32_t j = 0; j < width; j++) to[j].extreme = best[j];
}

/** Reduces in[o, from … from + rows, column … column + width] to `to`. */
static void reduce_span(const struct reduce *r, int32_t o, int32_t from, int32_t rows, int32_t column, int32_t width,
                        union cell *to) {
  const uint32_t *in = r->in + ((ptrdiff_t)o * r->length + from) * r->inner + column;
  if (!r->integer && r->kind == REDUCTION_SUM) {
    if (r->inner == 1) to->sum = sum_row((const float *)in, rows);
    else sum_columns(r, (const float *)in, rows, width, to);
    return;
  }
  if (!r->integer && r->kind == REDUCTION_ARGMAX && r->inner == 1) {
    to->integer = from + argmax_row((const float *)in, rows);
    return;
  }
  if (!r->integer && r->kind != REDUCTION_ARGMAX) {
    if (r->inner == 1) to->extreme = extreme_row((const float *)in, rows, r->kind == REDUCTION_MAX);
    else extreme_columns(r, (const float *)in, rows, width, to);
    return;
  }
  for (int32_t j = 0; j < width; j++) {
    const uint32_t *x = in + j;
    int64_t total = 0;
    int32_t best = 0;
    for (int32_t i = 0; i < rows; i++) {
      if (r->kind == REDUCTION_SUM) total += (int32_t)x[(ptrdiff_t)i * r->inner];
      else if (beats(r, x[(ptrdiff_t)i * r->inner], x[(ptrdiff_t)best * r->inner])) best = i;
    }
    if (r->kind == REDUCTION_SUM) to[j].integer = total;
    else if (r->kind == REDUCTION_ARGMAX) to[j].integer = from + best;
    else to[j].integer = (int32_t)x[(ptrdiff_t)best * r->inner];
  }
}

static void write_cell(const struct reduce *r, int32_t index, union cell cell) {
  if (r->integer || r->kind == REDUCTION_ARGMAX) ((int32_t *)r->out)[index] = (int32_t)cell.integer;
  else ((float *)r->out)[index] = r->kind == REDUCTION_SUM ? (float)cell.sum : cell.extreme;
}

static void reduce_chunk(const struct reduce *r, int32_t chunk) {
  union cell cells[REDUCE_WIDTH];
  if (r->blocks > 1) {
    int32_t block = chunk % r->blocks, unit = chunk / r->blocks;
    int32_t o = unit / r->pieces, column = unit % r->pieces * r->width;
    int32_t from = block * r->block_length;
    reduce_span(r, o, from, least(r->block_length, r->length - from), column, least(r->width, r->inner - column),
                r->partials + (block * r->outer + o) * r->inner + column);
    return;
  }
  int32_t first = chunk * r->units_of_chunk;
  for (int32_t unit = first; unit < least(first + r->units_of_chunk, r->units); unit++) {
    int32_t o = unit / r->pieces, column = unit % r->pieces * r->width, width = least(r->width, r->inner - column);
    reduce_span(r, o, 0, r->length, column, width, cells);
    for (int32_t j = 0; j < width; j++) write_cell(r, o * r->inner + column + j, cells[j]);
  }
}

/** Puts the blocks' partial results together, in order. */
static void reduce_combine(const struct reduce *r) {
  int32_t outputs = r->outer * r->inner;
  for (int32_t i = 0; i < outputs; i++) {
    union cell total = r->partials[i];
    const uint32_t *x = r->in + (ptrdiff_t)(i / r->inner) * r->length * r->inner + i % r->inner;
    for (int32_t block = 1; block < r->blocks; block++) {
      union cell next = r->partials[block * outputs + i];
      if (r->kind == REDUCTION_SUM && r->integer) total.integer += next.integer;
      else if (r->kind == REDUCTION_SUM) total.sum += next.sum;
      else if (r->kind == REDUCTION_ARGMAX)
        total = beats(r, x[next.integer * r->inner], x[total.integer * r->inner]) ? next : total;
      else if (r->integer)
        total = (r->kind == REDUCTION_MAX) == (next.integer > total.integer) ? next : total;
      else if (total.extreme == total.extreme)
        total = next.extreme != next.extreme ||
                        (r->kind == REDUCTION_MAX ? next.extreme > total.extreme : next.extreme < total.extreme)
                    ? next
                    : total;
    }
    write_cell(r, i, total);
  }
}
