/*
 * POOL: what windows of an image come to, channel by channel, and the way back. A chunk is some rows: of places for what leads from an image to places, of
 * the image for what leads back, so that nobody else writes there.
 */
#pragma once
#include "conv-tile.h"

struct pool {
  struct window window;
  int32_t kind, rows, rows_of_chunk;
  const float *from;
  const int32_t *taps;
  float *to;
  float *best; /* as many as channels */
  int is_tiling; /* windows lie side by side, from the image's first row and column on */
};

static void read_pool(struct pool *p, const int32_t *words, void *const *bases, uint32_t *scratch) {
  const struct window *v = &p->window;
  p->kind = words[0];
  read_window(&p->window, words + 1);
  words += 1 + WINDOW_WORDS;
  p->from = (const float *)locate(bases, words);
  p->taps = (const int32_t *)locate(bases, words + 2);
  p->to = (float *)locate(bases, words + 4);
  p->best = (float *)scratch;
  p->is_tiling = 1;
  for (int i = 0; i < 2; i++) p->is_tiling &= v->step[i] == v->taps[i] && v->gap[i] == 1 && v->before[i] == 0;
  int back = p->kind == POOL_PUT || p->kind == POOL_SPREAD;
  p->rows = v->images * (back ? v->in[0] : v->out[0]);
  int64_t of_row = (int64_t)v->taps[0] * v->taps[1] * v->out[1] * v->channels;
  p->rows_of_chunk = most(1, (int32_t)(CHUNK / (of_row < CHUNK ? most(1, (int32_t)of_row) : CHUNK)));
}

static int32_t pool_chunks(const struct pool *p) { return divide_up(p->rows, p->rows_of_chunk); }

/** One tap of one place: n channels, in whole vectors and then one by one. `is_first` where no tap was before. */
INLINE void pool_tap(const int kind, int32_t n, const float *from, const int32_t *taps, float *to, int32_t tap, int is_first) {
  int32_t i = 0;
  for (; i + VW <= n; i += VW) {
    f32v x = load(from + i);
    if (kind == POOL_MAX) store(to + i, is_first ? x : maximum(load(to + i), x));
    else if (kind == POOL_SUM || kind == POOL_SPREAD) store(to + i, is_first ? x : load(to + i) + x);
    else {
      i32v chosen = load_int(taps + i) == splat_int(tap);
      f32v old = is_first ? (f32v){} : load(to + i);
      f32v part = choose(chosen, x, kind == POOL_TAKE ? old : (f32v){});
      store(to + i, kind == POOL_TAKE || is_first ? part : old + part);
    }
  }
  for (; i < n; i++) {
    float x = from[i];
    if (kind == POOL_MAX) to[i] = is_first || x > to[i] || x != x ? x : to[i];
    else if (kind == POOL_SUM || kind == POOL_SPREAD) to[i] = is_first ? x : to[i] + x;
    else if (kind == POOL_TAKE) to[i] = taps[i] == tap ? x : is_first ? 0 : to[i];
    else to[i] = (is_first ? 0 : to[i]) + (taps[i] == tap ? x : 0);
  }
}

/** Which tap is the largest: `best` holds the numbers of those so far. */
static void argmax_tap(int32_t n, const float *from, float *best, int32_t *to, int32_t tap, int is_first) {
  int32_t i = 0;
  for (; i + VW <= n; i += VW) {
    f32v x = load(from + i), old = load(best + i);
    i32v wins = (x > old) | ((x != x) & (old == old)) | splat_int(-is_first);
    store(best + i, choose(wins, x, old));
    store(to + i, choose(wins, (f32v)splat_int(tap), load(to + i)));
  }
  for (; i < n; i++)
    if (is_first || from[i] > best[i] || (from[i] != from[i] && best[i] == best[i])) best[i] = from[i], to[i] = tap;
}

/** A tap by the pool's kind. */
static void pool_any(struct pool *p, const float *from, ptrdiff_t place, float *to, int32_t tap, int is_first) {
  const int32_t *taps = p->taps + place;
  int32_t n = p->window.channels;
  switch (p->kind) {
    case POOL_MAX: pool_tap(POOL_MAX, n, from, taps, to, tap, is_first); break;
    case POOL_SUM: pool_tap(POOL_SUM, n, from, taps, to, tap, is_first); break;
    case POOL_TAKE: pool_tap(POOL_TAKE, n, from, taps, to, tap, is_first); break;
    case POOL_PUT: pool_tap(POOL_PUT, n, from, taps, to, tap, is_first); break;
    case POOL_SPREAD: pool_tap(POOL_SPREAD, n, from, taps, to, tap, is_first); break;
    case POOL_ARGMAX: argmax_tap(n, from, p->best, (int32_t *)to, tap, is_first); break;
  }
}

/** A row of places, from the image. */
static void pool_row(struct pool *p, int32_t row) {
  const struct window *v = &p->window;
  int32_t image = row / v->out[0], y = row % v->out[0] * v->step[0] - v->before[0];
  for (int32_t place = 0; place < v->out[1]; place++) {
    int32_t x = place * v->step[1] - v->before[1];
    ptrdiff_t to = ((ptrdiff_t)row * v->out[1] + place) * v->channels;
    int is_first = 1;
    for (int32_t ky = 0; ky < v->taps[0]; ky++)
      for (int32_t kx = 0; kx < v->taps[1]; kx++) {
        int32_t at_y = y + ky * v->gap[0], at_x = x + kx * v->gap[1];
        if (at_y < 0 || at_y >= v->in[0] || at_x < 0 || at_x >= v->in[1]) continue;
        const float *from = p->from + (((ptrdiff_t)image * v->in[0] + at_y) * v->in[1] + at_x) * v->channels;
        pool_any(p, from, to, p->to + to, ky * v->taps[1] + kx, is_first);
        is_first = 0;
      }
  }
}

/** A row of the image, from all places that read it. */
static void pool_row_back(struct pool *p, int32_t row) {
  const struct window *v = &p->window;
  int32_t image = row / v->in[0], y = row % v->in[0];
  float *to = p->to + (ptrdiff_t)row * v->in[1] * v->channels;
  /* Where no two windows meet, and those of this row leave nothing out, each number is written once. */
  int once = p->is_tiling && y < v->out[0] * v->step[0];
  int32_t written = once ? least(v->in[1], v->out[1] * v->step[1]) * v->channels : 0;
  __builtin_memset(to + written, 0, 4 * ((size_t)v->in[1] * v->channels - written));
  for (int32_t ky = 0; ky < v->taps[0]; ky++) {
    int32_t above = y + v->before[0] - ky * v->gap[0];
    if (above < 0 || above % v->step[0] != 0 || above / v->step[0] >= v->out[0]) continue;
    for (int32_t place = 0; place < v->out[1]; place++)
      for (int32_t kx = 0; kx < v->taps[1]; kx++) {
        int32_t x = place * v->step[1] + kx * v->gap[1] - v->before[1];
        if (x < 0 || x >= v->in[1]) continue;
        ptrdiff_t from = (((ptrdiff_t)image * v->out[0] + above / v->step[0]) * v->out[1] + place) * v->channels;
        pool_any(p, p->from + from, from, to + (ptrdiff_t)x * v->channels, ky * v->taps[1] + kx, once);
      }
  }
}

static void pool_chunk(struct pool *p, int32_t chunk) {
  int32_t from = chunk * p->rows_of_chunk, end = least(p->rows, from + p->rows_of_chunk);
  int back = p->kind == POOL_PUT || p->kind == POOL_SPREAD;
  for (int32_t row = from; row < end; row++) {
    if (back) pool_row_back(p, row);
    else pool_row(p, row);
  }
}
