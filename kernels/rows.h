/*
 * Sums, maxima, minima and argmax of single rows, for REDUCE and for the row ops of a tape alike: fused or not, a row's
 * result has the same bits.
 */
#pragma once
#include "ops.h"

/* Values added in float32 before they join a sum in double precision: per lane, four vectors of lanes along a row. */
#define SUM_ROWS 64
#define SUM_BLOCK (SUM_ROWS * 4 * VW)

static const int32_t lane_numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/** The last n < VW numbers before `end` in the upper lanes, zeros in the lower. VW numbers before `end` are read. */
INLINE f32v load_last(const float *end, int32_t n) {
  i32v wanted = load_int(lane_numbers) >= splat_int(VW - n);
  return (f32v)((i32v)load(end - VW) & wanted);
}

static double sum_row(const float *x, int32_t n) {
  double total = 0;
  const float *end = x + n;
  if (n < VW) {
    for (; x < end; x++) total += *x;
    return total;
  }
  for (; n >= 4 * VW; n = (int32_t)(end - x)) {
    int32_t count = least(n, SUM_BLOCK) / (4 * VW);
    f32v s0 = {}, s1 = {}, s2 = {}, s3 = {};
    for (int32_t i = 0; i < count; i++, x += 4 * VW) {
      s0 += load(x);
      s1 += load(x + VW);
      s2 += load(x + 2 * VW);
      s3 += load(x + 3 * VW);
    }
    for (int lane = 0; lane < VW; lane++) total += (double)s0[lane] + s1[lane] + s2[lane] + s3[lane];
  }
  f32v rest = load_last(end, n % VW);
  for (; n >= VW; n -= VW, x += VW) rest += load(x);
  for (int lane = 0; lane < VW; lane++) total += rest[lane];
  return total;
}

INLINE f32v extreme(f32v a, f32v b, int is_max) { return is_max ? maximum(a, b) : minimum(a, b); }

INLINE float extreme_row(const float *x, int32_t n, int is_max) {
  if (n < VW) {
    float best = x[0];
    for (int32_t i = 1; i < n; i++) {
      int is_better = is_max ? x[i] > best : x[i] < best;
      /* Nothing is larger than a NaN that came first. */
      best = is_better || x[i] != x[i] ? x[i] : best;
    }
    return best;
  }
  /* The last vector ends with the row, whatever it has in common with the one before. */
  f32v v = load(x + n - VW), v1 = v, v2 = v, v3 = v;
  int32_t i = 0;
  for (; i + 4 * VW <= n; i += 4 * VW) {
    v = extreme(v, load(x + i), is_max);
    v1 = extreme(v1, load(x + i + VW), is_max);
    v2 = extreme(v2, load(x + i + 2 * VW), is_max);
    v3 = extreme(v3, load(x + i + 3 * VW), is_max);
  }
  if (i > 0) v = extreme(extreme(v, v1, is_max), extreme(v2, v3, is_max), is_max);
  for (; i + VW < n; i += VW) v = extreme(v, load(x + i), is_max);
  /* Each step puts the two halves over one another, every lane twice. */
  for (int lanes = VW; lanes > 1; lanes /= 2) {
    f32v low = INTERLEAVE_LOW(v, v), high = INTERLEAVE_HIGH(v, v);
    v = extreme(low, high, is_max);
  }
  return v[0];
}

/** The first of equals; a NaN wins. */
static int32_t argmax_row(const float *x, int32_t n) {
  float largest = extreme_row(x, n, 1);
  int32_t i = 0;
  for (; i + VW <= n; i += VW) {
    f32v v = load(x + i);
    if (any(largest == largest ? v == splat(largest) : v != v)) break;
  }
  while (x[i] != largest && (largest == largest || x[i] == x[i])) i++;
  return i;
}

/** One number for each of `rows` rows of n, `x.row` apart. */
NOINLINE void reduce_rows(int32_t code, int32_t rows, int32_t n, float *to, struct lanes x) {
  const float *row = x.at;
  if (code == OP_ROW_SUM)
    for (int32_t r = 0; r < rows; r++, row += x.row) to[r] = (float)sum_row(row, n);
  else if (code == OP_ROW_ARGMAX)
    for (int32_t r = 0; r < rows; r++, row += x.row) ((int32_t *)to)[r] = argmax_row(row, n);
  else if (code == OP_ROW_MAX)
    for (int32_t r = 0; r < rows; r++, row += x.row) to[r] = extreme_row(row, n, 1);
  else
    for (int32_t r = 0; r < rows; r++, row += x.row) to[r] = extreme_row(row, n, 0);
}

/** Repeats each row's number all along it. Nothing beyond a row's end is written: it may be memory of another thread's. */
NOINLINE void spread_rows(int32_t rows, int32_t n, struct lanes to, const float *x) {
  float *row = to.at;
  for (int32_t r = 0; r < rows; r++, row += to.row) {
    if (n < VW) {
      for (int32_t i = 0; i < n; i++) row[i] = x[r];
      continue;
    }
    f32v value = broadcast(x + r);
    for (int32_t i = 0; i + VW < n; i += VW) store(row + i, value);
    store(row + n - VW, value);
  }
}
