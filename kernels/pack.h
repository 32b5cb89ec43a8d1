/* Packing: lays out what a GEMM's innermost loop reads one after the other. */
#pragma once
#include "microkernel.h"

/* Within each four lanes of a vector: a0 b0 a1 b1, a2 b2 a3 b3, a0 a1 b0 b1, a2 a3 b2 b3. */
#if VW == 4
#define EACH_QUARTER(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#elif VW == 8
#define EACH_QUARTER(a, b, i, j, k, l) \
  __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4)
#else
#define EACH_QUARTER(a, b, i, j, k, l)                                                                            \
  __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, i + 12, j + 12, \
                          k + 12, l + 12)
#endif

/** Four neighbours from each of the rows i, i + 4, …, VW / 4 rows in all; rows from `last` on are read as row `last`. */
INLINE f32v load_quarters(const float *from, ptrdiff_t line, int i, int last) {
#define QUARTER(R) (*(const f32x4_anywhere *)(from + ((R) < last ? (R) : last) * line))
#if VW == 4
  return (f32v)QUARTER(i);
#else
  f32x4 a = QUARTER(i), b = QUARTER(i + 4);
#if VW == 8
  return (f32v)__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
#else
  f32x4 c = QUARTER(i + 8), d = QUARTER(i + 12);
  typedef float f32x8 __attribute__((vector_size(32)));
  f32x8 ab = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
  f32x8 cd = __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7);
  return (f32v)__builtin_shufflevector(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
#endif
#undef QUARTER
}

/** to[q] lane i = from[i·line + q] for q < 4; lanes from `last` on are alike. */
INLINE void transpose_four(const float *from, ptrdiff_t line, int last, f32v *to) {
  f32v a = load_quarters(from, line, 0, last), b = load_quarters(from, line, 1, last);
  f32v c = load_quarters(from, line, 2, last), d = load_quarters(from, line, 3, last);
  f32v ab_low = EACH_QUARTER(a, b, 0, VW, 1, VW + 1), ab_high = EACH_QUARTER(a, b, 2, VW + 2, 3, VW + 3);
  f32v cd_low = EACH_QUARTER(c, d, 0, VW, 1, VW + 1), cd_high = EACH_QUARTER(c, d, 2, VW + 2, 3, VW + 3);
  to[0] = EACH_QUARTER(ab_low, cd_low, 0, 1, VW, VW + 1);
  to[1] = EACH_QUARTER(ab_low, cd_low, 2, 3, VW + 2, VW + 3);
  to[2] = EACH_QUARTER(ab_high, cd_high, 0, 1, VW, VW + 1);
  to[3] = EACH_QUARTER(ab_high, cd_high, 2, 3, VW + 2, VW + 3);
}

/** Fours, the last of which may overlap the one before it. */
INLINE void copy_line(const int width, const float *from, float *to) {
#pragma GCC unroll 16
  for (int i = 0; i < (width > 3 ? width : 0); i += 4) {
    int at = i + 4 <= width ? i : width - 4;
    *(f32x4_anywhere *)(to + at) = *(const f32x4_anywhere *)(from + at);
  }
#pragma GCC unroll 4
  for (int i = 0; i < (width > 3 ? 0 : width); i++) to[i] = from[i];
}

/**
 * to[k·width + i] = from[i·line + k·step] for i < count, k < depth: lines of a matrix side by side. Lanes from count to
 * width, where B's last panel has them, hold numbers of no meaning.
 */
INLINE void pack_lines(const int width, int32_t count, int32_t depth, const float *from, ptrdiff_t line, ptrdiff_t step,
                       float *to) {
  const int vectors = (width + VW - 1) / VW;
  int32_t k = 0;
  if (line == 1 && count == width) {
    for (; k < depth; k++, from += step, to += width) copy_line(width, from, to);
    return;
  }
  /* Whole vectors are stored: what the last one has too much is overwritten by the next k's, so not near the end. */
  for (; step == 1 && (k + 3) * width + vectors * VW <= depth * width; k += 4) {
    f32v four[4][4] = {};
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++)
      if (v * VW < count) transpose_four(from + v * VW * line + k, line, count - 1 - v * VW, four[v]);
#pragma GCC unroll 4
    for (int q = 0; q < 4; q++)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) store(to + (k + q) * width + v * VW, four[v][q]);
  }
  for (; k < depth; k++)
    for (int32_t i = 0; i < width; i++) to[k * width + i] = from[least(i, count - 1) * line + k * step];
}

typedef void pack_function(int32_t depth, const float *from, ptrdiff_t line, ptrdiff_t step, float *to);
#define DEFINE_PACK(H)                                                                                        \
  NOINLINE void pack_rows_##H(int32_t depth, const float *from, ptrdiff_t line, ptrdiff_t step, float *to) { \
    pack_lines(H, H, depth, from, line, step, to);                                                            \
  }
FOR_EACH_HEIGHT(DEFINE_PACK)
#define PACK_ROWS(H) pack_rows_##H,
/** A panel of A, of as many rows. */
static pack_function *const pack_rows[ROW_TILE] = {FOR_EACH_HEIGHT(PACK_ROWS)};

/** A panel of B. */
NOINLINE void pack_columns(int32_t count, int32_t depth, const float *from, ptrdiff_t line, ptrdiff_t step, float *to) {
  if (count == COLUMN_TILE) pack_lines(COLUMN_TILE, COLUMN_TILE, depth, from, line, step, to);
  else pack_lines(COLUMN_TILE, count, depth, from, line, step, to);
}
