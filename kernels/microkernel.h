/*
 * The innermost loop of a GEMM: a block of ROW_TILE × COLUMN_TILE results in vector registers. While it multiplies, it
 * fetches memory that will be needed later: the loop waits for arithmetic only, so that this costs next to nothing.
 */
#pragma once
#include "stream.h"
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

/* Whether the target can be asked to bring memory nearer. */
#if defined(__wasm__)
#define FETCHES 0
#define FETCH_EVERY INT32_MAX
#else
#define FETCHES 1
/* Steps of k between two looks at what there is to fetch. */
#define FETCH_EVERY 4
#endif
#define CACHE_LINE 64
/* Pieces of memory that are fetched ahead side by side: a tape's operands. */
#define MAX_STREAMS 4

/** A piece of memory to bring nearer: rows of `lines` cache lines each, `step` bytes from one to the next. */
struct fetch {
  const char *at;
  ptrdiff_t step;
  int32_t lines, rows;
};

/** `rows` rows of n floats, `step` apart. */
static struct fetch fetch_rows(const float *from, ptrdiff_t step, int32_t rows, int32_t n) {
  int32_t offset = (int32_t)((uintptr_t)from % CACHE_LINE);
  return (struct fetch){(const char *)from - offset, step * 4, divide_up(offset + 4 * n, CACHE_LINE), rows};
}

/** Memory to bring nearer while tiles are worked on: the share of each of `shares` tiles is some rows of one of the pieces, in turn. */
struct fetch_queue {
  struct fetch pieces[MAX_STREAMS];
  int32_t count, shares, next;
};

INLINE struct fetch next_share(struct fetch_queue *q) {
  if (!FETCHES || q->count == 0) return (struct fetch){0};
  int32_t turn = q->next / q->count, turns = divide_up(q->shares, q->count);
  struct fetch share = q->pieces[q->next++ % q->count];
  int32_t rows = divide_up(share.rows, turns), first = turn * rows;
  share.at += first * share.step;
  share.rows = most(0, least(rows, share.rows - first));
  return share;
}

/** Operands of a block: rows of A `a_row` apart, its columns `a_step`; a row of B is contiguous, rows `b_step` apart. */
struct block {
  int32_t depth;
  const float *a;
  ptrdiff_t a_row, a_step;
  const float *b;
  ptrdiff_t b_step;
  float *c;
  ptrdiff_t c_row;
  const int32_t *c_at; /* where each row of c lies, for the kernels that add to rows anywhere */
  int add;             /* to what c holds */
  float *copy;         /* where a copying kernel leaves the rows of B that it reads, one after the other */
  struct fetch ahead;
};

/** Fetches the next n lines of *f, `in_row` of which are left in the row at hand. */
INLINE void fetch_lines(struct fetch *f, int32_t *in_row, int32_t n) {
  for (; n > 0; n--) {
    __builtin_prefetch(f->at, 0, 2);
    f->at += CACHE_LINE;
    if (--*in_row == 0) {
      *in_row = f->lines;
      f->at += f->step - (ptrdiff_t)f->lines * CACHE_LINE;
    }
  }
}

enum result_rows { ROWS_APART, ROWS_ANYWHERE, ROWS_STREAMED };

/** c[i, j] (+)= Σ_k a[i, k] b[k, j]. The sizes are constants at every call, so that all loops but that over k unroll. */
INLINE void multiply_block(const int height, const int vectors, const int copies, const enum result_rows rows,
                           const struct block *block, ptrdiff_t a_row, ptrdiff_t a_step, ptrdiff_t b_step) {
  f32v sum[ROW_TILE][COLUMN_VECTORS];
  const float *a = block->a, *b = block->b;
  float *c = block->c, *copy = block->copy;
  ptrdiff_t c_row = block->c_row;
#pragma GCC unroll 16
  for (int i = 0; i < height; i++)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      if (FETCHES && rows == ROWS_ANYWHERE) __builtin_prefetch(c + block->c_at[i] + j * VW, 1, 3);
      else if (FETCHES && rows == ROWS_APART && block->add) __builtin_prefetch(c + i * c_row + j * VW, 1, 3);
      sum[i][j] = (f32v){};
    }
  struct fetch ahead = block->ahead;
  int32_t left = ahead.lines * ahead.rows, in_row = ahead.lines;
  int32_t pace = FETCHES ? divide_up(left, divide_up(block->depth, FETCH_EVERY)) : 0;
  for (int32_t k = block->depth; k > 0; k -= FETCH_EVERY) {
    if (FETCHES) {
      fetch_lines(&ahead, &in_row, least(pace, left));
      left -= pace;
    }
    for (int32_t u = least(k, FETCH_EVERY); u > 0; u--, a += a_step, b += b_step) {
      f32v row[COLUMN_VECTORS];
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) {
        row[j] = load(b + j * VW);
        if (copies) store(copy + j * VW, row[j]);
      }
      if (copies) copy += COLUMN_TILE;
#pragma GCC unroll 16
      for (int i = 0; i < height; i++) {
        f32v left_factor = broadcast(a + i * a_row);
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) sum[i][j] = muladd(left_factor, row[j], sum[i][j]);
      }
    }
  }
  if (rows == ROWS_ANYWHERE) {
#pragma GCC unroll 16
    for (int i = 0; i < height; i++) {
      float *at = c + block->c_at[i];
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) sum[i][j] += load(at + j * VW);
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) store(at + j * VW, sum[i][j]);
    }
    return;
  }
  /* What c holds is read before anything is stored: only stores side by side, with nothing in between, become wider ones. */
  if (rows == ROWS_APART && block->add) {
#pragma GCC unroll 16
    for (int i = 0; i < height; i++)
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) sum[i][j] += load(c + i * c_row + j * VW);
  }
#pragma GCC unroll 16
  for (int i = 0; i < height; i++, c += c_row)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++)
      if (rows == ROWS_STREAMED) stream(c + j * VW, sum[i][j]);
      else store(c + j * VW, sum[i][j]);
}

typedef void multiply_function(const struct block *);

/*
 * Packed: A's panel is [depth][height], B's is [depth][COLUMN_TILE]. Copying: B lies anywhere and is left packed for the
 * panels of A that follow. Loose: any strides. The narrow ones do one vector of columns. Adding: to rows of C that lie anywhere.
 * Streaming: past the caches, into rows that begin with a cache line.
 */
#define DEFINE_KERNEL(NAME, H, VECTORS, COPIES, ROWS, A_ROW, A_STEP, B_STEP)                 \
  NOINLINE void NAME##_##H(const struct block *b) {                                          \
    multiply_block(H, VECTORS, COPIES, ROWS, b, A_ROW, A_STEP, B_STEP);                      \
  }
#define DEFINE_KERNELS(H)                                                                    \
  DEFINE_KERNEL(packed_wide, H, COLUMN_VECTORS, 0, ROWS_APART, 1, H, COLUMN_TILE)            \
  DEFINE_KERNEL(packed_narrow, H, 1, 0, ROWS_APART, 1, H, COLUMN_TILE)                       \
  DEFINE_KERNEL(copying, H, COLUMN_VECTORS, 1, ROWS_APART, 1, H, b->b_step)                  \
  DEFINE_KERNEL(loose_wide, H, COLUMN_VECTORS, 0, ROWS_APART, b->a_row, b->a_step, b->b_step) \
  DEFINE_KERNEL(loose_narrow, H, 1, 0, ROWS_APART, b->a_row, b->a_step, b->b_step)           \
  DEFINE_KERNEL(adding_packed, H, COLUMN_VECTORS, 0, ROWS_ANYWHERE, 1, H, COLUMN_TILE)       \
  DEFINE_KERNEL(adding_loose, H, COLUMN_VECTORS, 0, ROWS_ANYWHERE, 1, H, b->b_step)
FOR_EACH_HEIGHT(DEFINE_KERNELS)

#if STREAMS
#define DEFINE_STREAMING(H) DEFINE_KERNEL(streaming, H, COLUMN_VECTORS, 0, ROWS_STREAMED, 1, H, COLUMN_TILE)
FOR_EACH_HEIGHT(DEFINE_STREAMING)
#define STREAMING(H) streaming_##H,
#else
#define STREAMING PACKED_WIDE
#endif

#define PACKED_WIDE(H) packed_wide_##H,
#define PACKED_NARROW(H) packed_narrow_##H,
#define COPYING(H) copying_##H,
#define LOOSE_WIDE(H) loose_wide_##H,
#define LOOSE_NARROW(H) loose_narrow_##H,
#define ADDING_PACKED(H) adding_packed_##H,
#define ADDING_LOOSE(H) adding_loose_##H,
/* [narrow][height − 1] */
static multiply_function *const packed_kernels[2][ROW_TILE] = {{FOR_EACH_HEIGHT(PACKED_WIDE)},
                                                               {FOR_EACH_HEIGHT(PACKED_NARROW)}};
static multiply_function *const loose_kernels[2][ROW_TILE] = {{FOR_EACH_HEIGHT(LOOSE_WIDE)},
                                                              {FOR_EACH_HEIGHT(LOOSE_NARROW)}};
static multiply_function *const copying_kernels[ROW_TILE] = {FOR_EACH_HEIGHT(COPYING)};
/* [B lies anywhere][height − 1] */
static multiply_function *const adding_kernels[2][ROW_TILE] = {{FOR_EACH_HEIGHT(ADDING_PACKED)},
                                                               {FOR_EACH_HEIGHT(ADDING_LOOSE)}};
/* [height − 1]; those for packed operands where a target doesn't stream. */
static multiply_function *const streaming_kernels[ROW_TILE] = {FOR_EACH_HEIGHT(STREAMING)};
