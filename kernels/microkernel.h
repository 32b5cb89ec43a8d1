/*
 * The innermost loop of a GEMM: a block of ROW_TILE × COLUMN_TILE results in vector registers. And the packing that
 * lays out its operands one after the other.
 */
#pragma once
#include "vector.h"

#if VW == 16
#define ROW_TILE 14
#define FOR_EACH_HEIGHT(K) K(1) K(2) K(3) K(4) K(5) K(6) K(7) K(8) K(9) K(10) K(11) K(12) K(13) K(14)
#else
#define ROW_TILE 6
#define FOR_EACH_HEIGHT(K) K(1) K(2) K(3) K(4) K(5) K(6)
#endif
/* Twice as many where 256-bit instructions come from pairs of 128-bit ones: see relaxed-wide in build.js. */
#ifndef COLUMN_VECTORS
#define COLUMN_VECTORS 2
#endif
#define COLUMN_TILE (COLUMN_VECTORS * VW)

/** Operands of one block: rows of A `a_row` apart and its columns `a_step`; a row of B is contiguous, rows `b_step` apart. */
struct block {
  int32_t depth;
  const float *a;
  ptrdiff_t a_row, a_step;
  const float *b;
  ptrdiff_t b_step;
  float *c;
  ptrdiff_t c_row;
  int add; /* to what c holds */
};

/** c[i, j] (+)= Σ_k a[i, k] b[k, j]. The sizes are constants at every call, so that all loops but that over k unroll. */
INLINE void multiply_block(const int height, const int vectors, const struct block *block, ptrdiff_t a_row,
                           ptrdiff_t a_step, ptrdiff_t b_step) {
  f32v sum[ROW_TILE][COLUMN_VECTORS];
  const float *a = block->a, *b = block->b;
#pragma GCC unroll 16
  for (int i = 0; i < height; i++)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) sum[i][j] = (f32v){};
  for (int32_t k = block->depth; k > 0; k--, a += a_step, b += b_step) {
    f32v row[COLUMN_VECTORS];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) row[j] = load(b + j * VW);
#pragma GCC unroll 16
    for (int i = 0; i < height; i++) {
      f32v left = broadcast(a + i * a_row);
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) sum[i][j] = muladd(left, row[j], sum[i][j]);
    }
  }
  /* What c holds is read before anything is stored: only stores side by side, with nothing in between, become wider ones. */
  float *c = block->c;
  if (block->add) {
#pragma GCC unroll 16
    for (int i = 0; i < height; i++)
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) sum[i][j] += load(c + i * block->c_row + j * VW);
  }
#pragma GCC unroll 16
  for (int i = 0; i < height; i++, c += block->c_row)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) store(c + j * VW, sum[i][j]);
}

typedef void multiply_function(const struct block *);

/* Packed: A's panel is [depth][height], B's is [depth][COLUMN_TILE]. Loose: any strides. The narrow ones do one vector of columns. */
#define DEFINE_KERNELS(H)                                                                                              \
  NOINLINE void packed_wide_##H(const struct block *b) { multiply_block(H, COLUMN_VECTORS, b, 1, H, COLUMN_TILE); }    \
  NOINLINE void packed_narrow_##H(const struct block *b) { multiply_block(H, 1, b, 1, H, COLUMN_TILE); }               \
  NOINLINE void loose_wide_##H(const struct block *b) {                                                                \
    multiply_block(H, COLUMN_VECTORS, b, b->a_row, b->a_step, b->b_step);                                              \
  }                                                                                                                    \
  NOINLINE void loose_narrow_##H(const struct block *b) { multiply_block(H, 1, b, b->a_row, b->a_step, b->b_step); }
FOR_EACH_HEIGHT(DEFINE_KERNELS)

#define PACKED_WIDE(H) packed_wide_##H,
#define PACKED_NARROW(H) packed_narrow_##H,
#define LOOSE_WIDE(H) loose_wide_##H,
#define LOOSE_NARROW(H) loose_narrow_##H,
/* [narrow][height − 1] */
static multiply_function *const packed_kernels[2][ROW_TILE] = {{FOR_EACH_HEIGHT(PACKED_WIDE)},
                                                               {FOR_EACH_HEIGHT(PACKED_NARROW)}};
static multiply_function *const loose_kernels[2][ROW_TILE] = {{FOR_EACH_HEIGHT(LOOSE_WIDE)},
                                                              {FOR_EACH_HEIGHT(LOOSE_NARROW)}};

/** to[k·to_row + i] = from[i·from_row + k] for 4 × 4 elements. */
INLINE void transpose_4x4(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row) {
  f32x4 a = *(const f32x4_anywhere *)from, b = *(const f32x4_anywhere *)(from + from_row);
  f32x4 c = *(const f32x4_anywhere *)(from + 2 * from_row), d = *(const f32x4_anywhere *)(from + 3 * from_row);
  f32x4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  f32x4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(f32x4_anywhere *)to = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  *(f32x4_anywhere *)(to + to_row) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  *(f32x4_anywhere *)(to + 2 * to_row) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *(f32x4_anywhere *)(to + 3 * to_row) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/**
 * to[k·width + i] = from[i·line + k·step] for i < count, k < depth: `count` lines of a matrix side by side. Lanes from
 * count to width, where B's last panel has them, become 0.
 */
INLINE void pack_lines(const int width, int32_t count, int32_t depth, const float *from, ptrdiff_t line, ptrdiff_t step,
                       float *to) {
  if (line == 1 && count == width) {
    for (int32_t k = 0; k < depth; k++, from += step, to += width) {
      int i = 0;
#pragma GCC unroll 4
      for (; i + 4 <= width; i += 4) *(f32x4_anywhere *)(to + i) = *(const f32x4_anywhere *)(from + i);
#pragma GCC unroll 4
      for (; i < width; i++) to[i] = from[i];
    }
    return;
  }
  int32_t i = 0;
  if (step == 1)
    for (; i + 4 <= count; i += 4) {
      int32_t k = 0;
      for (; k + 4 <= depth; k += 4) transpose_4x4(from + i * line + k, line, to + k * width + i, width);
      for (; k < depth; k++)
        for (int32_t j = i; j < i + 4; j++) to[k * width + j] = from[j * line + k];
    }
  for (; i < count; i++)
    for (int32_t k = 0; k < depth; k++) to[k * width + i] = from[i * line + k * step];
  for (; i < width; i++)
    for (int32_t k = 0; k < depth; k++) to[k * width + i] = 0;
}

#define DEFINE_PACK(H)                                                                                        \
  NOINLINE void pack_rows_##H(int32_t depth, const float *from, ptrdiff_t line, ptrdiff_t step, float *to) { \
    pack_lines(H, H, depth, from, line, step, to);                                                            \
  }
FOR_EACH_HEIGHT(DEFINE_PACK)

typedef void pack_function(int32_t depth, const float *from, ptrdiff_t line, ptrdiff_t step, float *to);
#define PACK_ROWS(H) pack_rows_##H,
static pack_function *const pack_rows[ROW_TILE] = {FOR_EACH_HEIGHT(PACK_ROWS)};

NOINLINE void pack_columns(int32_t count, int32_t depth, const float *from, ptrdiff_t line, ptrdiff_t step, float *to) {
  pack_lines(COLUMN_TILE, count, depth, from, line, step, to);
}
