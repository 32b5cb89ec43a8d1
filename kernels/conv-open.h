/*
 * Gates of a convolution's channels. For each image, open channels and open features are brought together, one after the other, so that the
 * same innermost loops run over them alone: what is closed is neither read nor multiplied, however narrow its group is.
 */
#pragma once
#include "conv-tile.h"

/* Channels, and features, that are looked at together, at most; every second one of them can begin a run. */
#define OPEN_TOGETHER 128
#define OPEN_RUNS (OPEN_TOGETHER / 2)
_Static_assert(CONV_CHANNELS <= OPEN_TOGETHER, "runs of a block of channels fit");

/** Gates [images, groups] of groups of `size` channels; without groups, all are open. */
struct open_gates {
  const uint32_t *gates;
  int32_t groups, size;
};
#define GATES_WORDS 3

static struct open_gates read_gates(const int32_t *words, int32_t channels, void *const *bases) {
  if (words[0] == 0) return (struct open_gates){0};
  return (struct open_gates){(const uint32_t *)locate(bases, words + 1), words[0], channels / words[0]};
}

/** As in ROUTING: closed are the bits of ±0. */
INLINE int is_open_group(const struct open_gates *g, int32_t image, int32_t group) {
  return (g->gates[(ptrdiff_t)image * g->groups + group] & 0x7fffffffu) != 0;
}

/** What is open among some channels, which are counted from the first of those: runs of neighbours. */
struct open_runs {
  int32_t count, total;
  int32_t first[OPEN_RUNS], length[OPEN_RUNS];
};

/** Among channels [from, from + n) of an image, n ≤ OPEN_TOGETHER. */
static void find_open(const struct open_gates *g, int32_t image, int32_t from, int32_t n, struct open_runs *open) {
  open->count = open->total = 0;
  int32_t end = 0; /* of the run at hand */
  for (int32_t at = 0, next; at < n; at = next) {
    next = g->groups ? least(n, ((from + at) / g->size + 1) * g->size - from) : n;
    if (g->groups && !is_open_group(g, image, (from + at) / g->size)) continue;
    if (open->count > 0 && end == at) open->length[open->count - 1] += next - at;
    else {
      open->first[open->count] = at;
      open->length[open->count++] = next - at;
    }
    open->total += next - at;
    end = next;
  }
}

/** Whether some of channels [from, end) are open for an image. */
static int any_open(const struct open_gates *g, int32_t image, int32_t from, int32_t end) {
  if (!g->groups) return from < end;
  for (int32_t group = from / g->size; group * g->size < end; group++)
    if (is_open_group(g, image, group)) return 1;
  return 0;
}

INLINE void copy_floats(const float *from, float *to, int32_t n) {
  int32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    *(f32x4_anywhere *)(to + i) = *(const f32x4_anywhere *)(from + i);
    *(f32x4_anywhere *)(to + i + 4) = *(const f32x4_anywhere *)(from + i + 4);
  }
  for (; i < n; i++) to[i] = from[i];
}

/** To a place further on, which may overlap. */
INLINE void move_up(const float *from, float *to, int32_t n) {
  for (; n % 4; n--) to[n - 1] = from[n - 1];
  for (; n > 0; n -= 4) *(f32x4_anywhere *)(to + n - 4) = *(const f32x4_anywhere *)(from + n - 4);
}

INLINE void clear(float *to, int32_t n) { __builtin_memset(to, 0, 4 * (size_t)n); }

/** The open channels of pixels of one row, as copy_pixels. */
static void copy_open_pixels(const struct window *v, const float *from, int32_t first, int32_t columns,
                             const struct open_runs *open, float *to) {
  for (int32_t i = 0; i < columns; i++, to += open->total) {
    int32_t at = first + i, column = v->holes[1] == 1 ? at : at / v->holes[1];
    if (at < 0 || column * v->holes[1] != at || column >= v->in[1]) {
      clear(to, open->total);
      continue;
    }
    const float *pixel = from + (ptrdiff_t)column * v->channels;
    float *next = to;
    for (int32_t k = 0; k < open->count; next += open->length[k++]) copy_floats(pixel + open->first[k], next, open->length[k]);
  }
}

/** The piece of the images, as piece_of, of the channels that are open. */
static struct source open_piece_of(const struct window *v, const float *images, const struct piece *p,
                                   const struct open_runs *open, float *tile) {
  if (open->total == p->channels) return piece_of(v, images, p, tile);
  int32_t rows = covers(v, 0, p->places[0], p->tap_rows), columns = covers(v, 1, p->places[1], v->taps[1]);
  int32_t first_row = p->place[0] * v->step[0] + p->tap_row * v->gap[0] - v->before[0];
  int32_t first_column = p->place[1] * v->step[1] - v->before[1];
  const float *image = images + (ptrdiff_t)p->image * v->in[0] * v->in[1] * v->channels + p->channel;
  ptrdiff_t line = (ptrdiff_t)v->in[1] * v->channels, row = (ptrdiff_t)columns * open->total;
  for (int32_t i = 0; i < rows; i++) {
    int32_t at = first_row + i, of_image = v->holes[0] == 1 ? at : at / v->holes[0];
    if (at < 0 || of_image * v->holes[0] != at || of_image >= v->in[0]) clear(tile + i * row, (int32_t)row);
    else copy_open_pixels(v, image + of_image * line, first_column, columns, open, tile + i * row);
  }
  return (struct source){tile, open->total, row};
}

/** Columns side by side that lie within one tile where they come from, and within one where they go. */
struct segment {
  int32_t from_tile, from_lane, to_tile, to_lane, length;
};
/* A run is cut where a tile ends, on either side. */
#define OPEN_SEGMENTS (OPEN_RUNS + 2 * OPEN_TOGETHER / COLUMN_TILE)

/** Open columns, in tiles of COLUMN_TILE, as they come together; gives the number of segments. */
static int32_t find_segments(const struct open_runs *open, struct segment *segments) {
  int32_t count = 0, to = 0;
  for (int32_t k = 0; k < open->count; k++)
    for (int32_t from = open->first[k], left = open->length[k]; left > 0; count++) {
      struct segment s = {from / COLUMN_TILE, from % COLUMN_TILE, to / COLUMN_TILE, to % COLUMN_TILE, 0};
      s.length = least(left, COLUMN_TILE - most(s.from_lane, s.to_lane));
      segments[count] = s;
      from += s.length, to += s.length, left -= s.length;
    }
  return count;
}

/** Rows of `length` columns, COLUMN_TILE apart where they go. */
INLINE void copy_columns(const int32_t length, int32_t rows, const float *from, ptrdiff_t from_row, float *to) {
  for (; rows > 0; rows--, from += from_row, to += COLUMN_TILE) copy_floats(from, to, length);
}

static void copy_segment(int32_t length, int32_t rows, const float *from, ptrdiff_t from_row, float *to) {
  if (length == COLUMN_TILE) copy_columns(COLUMN_TILE, rows, from, from_row, to);
  else if (length == 8) copy_columns(8, rows, from, from_row, to);
  else if (length == 16) copy_columns(16, rows, from, from_row, to);
  else copy_columns(length, rows, from, from_row, to);
}

/** Zeros in the columns of a tile that no open one has. */
static void clear_lanes(int32_t from, int32_t rows, float *tile) {
  for (; rows > 0; rows--, tile += COLUMN_TILE)
    for (int32_t i = from; i < COLUMN_TILE; i++) tile[i] = 0;
}

/** Open columns to their places in a row of n, with zeros between them. Both may begin at the same address. */
static void spread_row(const struct open_runs *open, int32_t n, const float *from, float *to) {
  int32_t at = open->total;
  for (int32_t k = open->count - 1; k >= 0; n = open->first[k--]) {
    int32_t end = open->first[k] + open->length[k];
    clear(to + end, n - end);
    at -= open->length[k];
    if (from + at != to + open->first[k]) move_up(from + at, to + open->first[k], open->length[k]);
  }
  clear(to, n);
}
