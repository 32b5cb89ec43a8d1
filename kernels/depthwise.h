/*
 * Depthwise convolutions: as many groups as channels, so that each channel meets weights of its own and nothing is a matrix product. Channels lie along
 * the vector, and some places or taps in registers. Included by conv.h and conv-gradient.h, whose tasks these are.
 */
#pragma once
#include "conv-tile.h"

/* Places of a row, or taps, that are worked on together. */
#define DEPTHWISE_PLACES 8

static int is_depthwise(const struct window *v) {
  return v->groups > 1 && v->groups == v->channels && v->groups == v->features && (int64_t)v->taps[0] * v->taps[1] <= DEPTH_BLOCK;
}

/** The first n lanes, which alone are read, where there are fewer than a vector has. */
INLINE f32v load_first(const float *p, int32_t n) { return n >= VW ? load(p) : load_some(p, n); }
INLINE void store_first(float *p, f32v v, int32_t n) {
  if (n >= VW) store(p, v);
  else store_some(p, v, n);
}

/** What a run of places reads: the first of them at `x`, the next ones `place` apart; taps `row` and `tap` apart. Weights of a tap are `channels` apart. */
struct depthwise {
  const float *x, *w;
  ptrdiff_t place, row, tap, channels;
  int32_t tap_rows, taps;
};

/** `count` places, a vector of channels: to c, rows of which are c_row apart. */
INLINE void depthwise_places(const int count, const struct depthwise *d, ptrdiff_t at, int32_t n, float *c, ptrdiff_t c_row, int add) {
  f32v sum[DEPTHWISE_PLACES];
#pragma GCC unroll 8
  for (int i = 0; i < count; i++) sum[i] = add ? load_first(c + i * c_row, n) : (f32v){};
  const float *w = d->w + at;
  for (int32_t ky = 0; ky < d->tap_rows; ky++)
    for (int32_t kx = 0; kx < d->taps; kx++, w += d->channels) {
      const float *x = d->x + ky * d->row + kx * d->tap + at;
      f32v weight = load_first(w, n);
#pragma GCC unroll 8
      for (int i = 0; i < count; i++) sum[i] = muladd(load_first(x + i * d->place, n), weight, sum[i]);
    }
#pragma GCC unroll 8
  for (int i = 0; i < count; i++) store_first(c + i * c_row, sum[i], n);
}

/** A row of `places` places and n channels. */
NOINLINE void depthwise_row(struct depthwise d, int32_t places, int32_t n, float *c, ptrdiff_t c_row, int add) {
  while (places > 0) {
    int32_t count = places >= DEPTHWISE_PLACES ? DEPTHWISE_PLACES : places >= 4 ? 4 : 1;
    int32_t i = 0;
    for (; i + VW <= n; i += VW) {
      if (count == DEPTHWISE_PLACES) depthwise_places(DEPTHWISE_PLACES, &d, i, VW, c + i, c_row, add);
      else if (count == 4) depthwise_places(4, &d, i, VW, c + i, c_row, add);
      else depthwise_places(1, &d, i, VW, c + i, c_row, add);
    }
    for (int32_t k = 0; i < n && k < count; k++) {
      struct depthwise one = d;
      one.x += k * d.place;
      depthwise_places(1, &one, i, n - i, c + i + k * c_row, c_row, add);
    }
    places -= count, d.x += count * d.place, c += count * c_row;
  }
}

/** What the gradient of `count` taps of a row adds up over rows of places: y is read beside x. */
struct depthwise_sum {
  const float *x, *y;
  ptrdiff_t x_row, x_place, tap, y_row, y_place;
  int32_t rows, places;
};

/** Gradients of `count` taps, a vector of channels: to g, taps of which are g_row apart. */
INLINE void depthwise_taps(const int count, const struct depthwise_sum *d, ptrdiff_t at, int32_t n, float *g, ptrdiff_t g_row, int add) {
  f32v sum[DEPTHWISE_PLACES];
#pragma GCC unroll 8
  for (int i = 0; i < count; i++) sum[i] = (f32v){};
  for (int32_t row = 0; row < d->rows; row++) {
    const float *x = d->x + row * d->x_row + at, *y = d->y + row * d->y_row + at;
    for (int32_t place = 0; place < d->places; place++, x += d->x_place, y += d->y_place) {
      f32v slope = load_first(y, n);
#pragma GCC unroll 8
      for (int i = 0; i < count; i++) sum[i] = muladd(load_first(x + i * d->tap, n), slope, sum[i]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < count; i++) {
    f32v before = add ? load_first(g + i * g_row, n) : (f32v){};
    store_first(g + i * g_row, add ? sum[i] + before : sum[i], n);
  }
}

/** A row of `taps` taps and n channels. */
NOINLINE void depthwise_tap_row(struct depthwise_sum d, int32_t taps, int32_t n, float *g, ptrdiff_t g_row, int add) {
  while (taps > 0) {
    int32_t count = taps >= DEPTHWISE_PLACES ? DEPTHWISE_PLACES : taps >= 5 ? 5 : taps >= 3 ? 3 : 1;
    for (int32_t i = 0; i < n; i += VW) {
      int32_t left = least(VW, n - i);
      if (left < VW)
        for (int32_t k = 0; k < count; k++) {
          struct depthwise_sum one = d;
          one.x += k * d.tap;
          depthwise_taps(1, &one, i, left, g + i + k * g_row, g_row, add);
        }
      else if (count == DEPTHWISE_PLACES) depthwise_taps(DEPTHWISE_PLACES, &d, i, VW, g + i, g_row, add);
      else if (count == 5) depthwise_taps(5, &d, i, VW, g + i, g_row, add);
      else if (count == 3) depthwise_taps(3, &d, i, VW, g + i, g_row, add);
      else depthwise_taps(1, &d, i, VW, g + i, g_row, add);
    }
    taps -= count, d.x += count * d.tap, g += count * g_row;
  }
}
