/* The k-th largest number of each row, by bisection: counting is quick on vectors, and needs neither order nor memory. Where the k largest
   stand, by a heap of the places found so far, which lies where the result goes. */
#pragma once
#include "tape.h"

/* Passes over a row that a selection takes, roughly: what a row costs beside a pass of another instruction. */
#define SELECT_PASSES 16

struct selection {
  int32_t rows, length, k;
  const float *in;
  union {
    float *values;
    int32_t *places;
  } out;
  int32_t rows_of_chunk;
};

static void read_selection(struct selection *s, const int32_t *words, void *const *bases) {
  s->rows = words[0];
  s->length = words[1];
  s->k = words[2];
  s->in = (const float *)locate(bases, words + 3);
  s->out.values = (float *)locate(bases, words + 5);
  s->rows_of_chunk = most(1, CHUNK / SELECT_PASSES / s->length);
}

static int32_t selection_chunks(const struct selection *s) { return divide_up(s->rows, s->rows_of_chunk); }

/** Whole numbers in the order of the floats, neighbours next to each other; −0 comes just before 0. */
INLINE int32_t rank_of(float x) {
  int32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  return bits < 0 ? bits ^ 0x7fffffff : bits;
}

INLINE float of_rank(int32_t rank) {
  int32_t bits = rank < 0 ? rank ^ 0x7fffffff : rank;
  float x;
  __builtin_memcpy(&x, &bits, 4);
  return x;
}

INLINE int32_t add_lanes(i32v v) {
  int32_t total = 0;
  for (int lane = 0; lane < VW; lane++) total += v[lane];
  return total;
}

static int32_t count_from(const float *x, int32_t n, float bound) {
  i32v counts = {}, more = {};
  f32v at = splat(bound);
  int32_t i = 0, rest = 0;
  for (; i + 2 * VW <= n; i += 2 * VW) {
    counts -= load(x + i) >= at;
    more -= load(x + i + VW) >= at;
  }
  for (; i < n; i++) rest += x[i] >= bound;
  return rest + add_lanes(counts + more);
}

/** The smallest of the numbers from `bound` on. */
static float least_from(const float *x, int32_t n, float bound) {
  f32v at = splat(bound), best = splat(__builtin_inff());
  int32_t i = 0;
  for (; i + VW <= n; i += VW) {
    f32v v = load(x + i);
    best = choose((v >= at) & (v < best), v, best);
  }
  float least = __builtin_inff();
  for (; i < n; i++) least = x[i] >= bound && x[i] < least ? x[i] : least;
  for (int lane = 0; lane < VW; lane++) least = best[lane] < least ? best[lane] : least;
  return least;
}

/** How many of a row are NaN, and the smallest and the largest of the others. */
static int32_t extent(const float *x, int32_t n, float *low, float *high) {
  f32v lows = splat(__builtin_inff()), highs = -lows;
  i32v numbers = {};
  int32_t i = 0, rest = 0;
  *low = __builtin_inff();
  *high = -*low;
  for (; i + VW <= n; i += VW) {
    f32v v = load(x + i);
    numbers -= v == v;
    lows = choose(v < lows, v, lows);
    highs = choose(v > highs, v, highs);
  }
  for (int32_t j = i; j < n; j++) rest += x[j] == x[j];
  for (int32_t j = i; j < n + VW; j++) {
    float a = j < n ? x[j] : lows[j - n], b = j < n ? x[j] : highs[j - n];
    *low = a < *low ? a : *low;
    *high = b > *high ? b : *high;
  }
  return n - rest - add_lanes(numbers);
}

static float kth_of_row(const float *x, int32_t n, int32_t k) {
  float low, high;
  int32_t missing = extent(x, n, &low, &high);
  if (k <= missing) return __builtin_nanf("");
  k -= missing;
  /* At least k of the row are `from` or more, fewer than k are `below` or more. */
  int64_t from = rank_of(low), below = (int64_t)rank_of(high) + 1;
  while (below - from > 1) {
    int64_t middle = (from + below) >> 1;
    int32_t count = count_from(x, n, of_rank((int32_t)middle));
    if (count < k) below = middle;
    else from = middle;
    if (count == k) break;
  }
  float found = least_from(x, n, of_rank((int32_t)from));
  /* No arithmetic: it may take the smallest numbers for zero. */
  return rank_of(found) == rank_of(-0.0f) ? 0 : found;
}

/** Whether place a of a row comes before place b: a larger number, NaN before all, of equals the first. */
INLINE int comes_before(const float *x, int32_t a, int32_t b) {
  float p = x[a], q = x[b];
  if (p > q || p < q) return p > q;
  if ((p != p) != (q != q)) return p != p;
  return a < b;
}

/** Restores a heap whose root comes last, where only `at` may be wrong. */
static void sift_down(const float *x, int32_t *heap, int32_t size, int32_t at) {
  for (int32_t child = 2 * at + 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && comes_before(x, heap[child], heap[child + 1])) child++;
    if (!comes_before(x, heap[at], heap[child])) return;
    int32_t place = heap[at];
    heap[at] = heap[child];
    heap[child] = place;
    at = child;
  }
}

static void top_of_row(const float *x, int32_t n, int32_t k, int32_t *places) {
  for (int32_t i = 0; i < k; i++) places[i] = i;
  for (int32_t at = k / 2 - 1; at >= 0; at--) sift_down(x, places, k, at);
  for (int32_t i = k; i < n; i++) {
    if (!comes_before(x, i, places[0])) continue;
    places[0] = i;
    sift_down(x, places, k, 0);
  }
  for (int32_t end = k - 1; end > 0; end--) {
    int32_t last = places[0];
    places[0] = places[end];
    places[end] = last;
    sift_down(x, places, end, 0);
  }
}

static void selection_chunk(const struct selection *s, int32_t chunk) {
  int32_t first = chunk * s->rows_of_chunk, end = least(first + s->rows_of_chunk, s->rows);
  for (int32_t row = first; row < end; row++)
    s->out.values[row] = kth_of_row(s->in + (ptrdiff_t)row * s->length, s->length, s->k);
}

static void top_chunk(const struct selection *s, int32_t chunk) {
  int32_t first = chunk * s->rows_of_chunk, end = least(first + s->rows_of_chunk, s->rows);
  for (int32_t row = first; row < end; row++)
    top_of_row(s->in + (ptrdiff_t)row * s->length, s->length, s->k, s->out.places + (ptrdiff_t)row * s->k);
}
