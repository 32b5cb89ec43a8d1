/*
 * PRODUCTS: matrix products of the same rows and columns whose results meet in one tape, for rows of a loop's batch. What they multiply by was
 * packed once for the whole loop. Every result is a sum over k in order, whichever rows are computed together.
 */
#pragma once
#include "gemm.h"

#define PRODUCT_WORDS 8
/* Floats of results that are in the first-level cache together. */
#define RESULTS_NEAR 8192
/*
 * A row adds up only those rows of B that don't meet 0 where at most one of its numbers in SPARSE_SHARE is not 0: more are multiplied in tiles with other
 * rows. Up to FEW_ROWS fill no tile, and always do.
 */
#define SPARSE_SHARE 3
#define FEW_ROWS 3
/* Columns that are added up together where rows are skipped. */
#define OPEN_VECTORS 8
/* In the scratch behind the tape's: results, the last columns of a matrix that is not packed, and lists of what is not 0. */
#define PRODUCT_RESULT_WORDS (RESULTS_NEAR + MAX_PRODUCTS * ROW_TILE * 3 * COLUMN_TILE)
#define PRODUCT_TAIL_WORDS (DEPTH_BLOCK * COLUMN_TILE)
#define PRODUCT_LIST_WORDS (GEMM_SCRATCH_WORDS - PRODUCT_RESULT_WORDS - PRODUCT_TAIL_WORDS)
_Static_assert(PRODUCT_LIST_WORDS > 0, "what products need fits");

struct product {
  int32_t k;
  const float *a;
  ptrdiff_t a_row, a_column;
  const float *b;
  ptrdiff_t b_row; /* 0: packed */
  int sparse;      /* what meets 0 is skipped; of a packed matrix only where all of a row does */
  uint64_t whole; /* a bit for each of the rows at hand that skips nothing */
  /* How many numbers of each row are not 0, and where they are, in lists of `room`. */
  int32_t *counts, *lists, room;
  const float *gathered; /* rows that are taken whole, one after the other, where others lie between them */
  const float *packed; /* the rows at hand, as the kernels for packed operands read them: see pack_left */
};

struct products {
  int32_t rows, n, count;
  struct product product[MAX_PRODUCTS];
  float *result, *tail;
  int32_t *lists, lists_used;
  struct tape tape;
};

static void read_products(struct products *p, const int32_t *words, void *const *bases, uint32_t *scratch) {
  p->rows = words[0];
  p->n = words[1];
  p->count = words[2];
  p->lists_used = 0;
  words += 3;
  for (int32_t i = 0; i < p->count; i++, words += PRODUCT_WORDS)
    p->product[i] = (struct product){.k = words[0],
                                     .a = (const float *)locate(bases, words + 1),
                                     .a_row = words[3],
                                     .a_column = words[4],
                                     .b = (const float *)locate(bases, words + 5),
                                     .b_row = most(words[7], 0),
                                     .sparse = words[7] != 0};
  int32_t dims[3] = {1, p->rows, p->n};
  read_tape(&p->tape, words, 3, dims, bases, scratch);
  p->result = (float *)scratch + TAPE_SCRATCH_WORDS;
  p->tail = p->result + PRODUCT_RESULT_WORDS;
  p->lists = (int32_t *)(p->tail + PRODUCT_TAIL_WORDS);
}

/** Where a tile of columns of b lies, from k = depth on, and how far apart its rows are; a last tile that is not whole is packed first. */
static const float *tile_of(const struct product *p, int32_t depth, int32_t column, int32_t width, float *tail,
                            ptrdiff_t *step) {
  *step = COLUMN_TILE;
  if (p->b_row == 0) return p->b + (ptrdiff_t)column * p->k + depth * COLUMN_TILE;
  const float *b = p->b + depth * p->b_row + column;
  if (width == COLUMN_TILE) {
    *step = p->b_row;
    return b;
  }
  pack_columns(width, least(DEPTH_BLOCK, p->k - depth), b, 1, p->b_row, tail);
  return tail;
}

/*
 * Few rows wait for memory: several tiles of a packed matrix are read side by side, so that many loads are under way. As many sums as registers hold.
 */
#define THIN_TILES 4
#define THIN_ROWS (VW == 16 ? 3 : 1)

INLINE void multiply_thin(const int rows, const struct block *block, ptrdiff_t tile) {
  f32v sum[THIN_ROWS][THIN_TILES][COLUMN_VECTORS];
  const float *a = block->a, *b = block->b;
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
    for (int t = 0; t < THIN_TILES; t++)
#pragma GCC unroll 4
      for (int j = 0; j < COLUMN_VECTORS; j++) sum[i][t][j] = (f32v){};
  for (int32_t k = 0; k < block->depth; k++, a += block->a_step, b += COLUMN_TILE) {
    f32v factor[THIN_ROWS];
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) factor[i] = broadcast(a + i * block->a_row);
#pragma GCC unroll 4
    for (int t = 0; t < THIN_TILES; t++)
#pragma GCC unroll 4
      for (int j = 0; j < COLUMN_VECTORS; j++) {
        f32v right = load(b + t * tile + j * VW);
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++) sum[i][t][j] = muladd(factor[i], right, sum[i][t][j]);
      }
  }
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
    for (int t = 0; t < THIN_TILES; t++)
#pragma GCC unroll 4
      for (int j = 0; j < COLUMN_VECTORS; j++) {
        float *c = block->c + i * block->c_row + t * COLUMN_TILE + j * VW;
        store(c, block->add ? load(c) + sum[i][t][j] : sum[i][t][j]);
      }
}

#define DEFINE_THIN(ROWS) \
  NOINLINE void thin_##ROWS(const struct block *block, ptrdiff_t tile) { multiply_thin(ROWS, block, tile); }
DEFINE_THIN(1)
#if VW == 16
DEFINE_THIN(2)
DEFINE_THIN(3)
#endif

/** As many whole groups of tiles as there are, of few rows by a packed matrix; gives the columns that are done. */
static int32_t multiply_few(const struct product *p, int32_t row, int32_t rows, int32_t column, int32_t columns, float *c,
                            ptrdiff_t c_row) {
  const int32_t group = THIN_TILES * COLUMN_TILE;
  int32_t j = 0;
  if (p->b_row || rows > THIN_ROWS) return 0;
  for (; j + group <= columns; j += group)
    for (int32_t depth = 0; depth < p->k; depth += DEPTH_BLOCK) {
      struct block block = {.depth = least(DEPTH_BLOCK, p->k - depth),
                            .a = p->a + row * p->a_row + depth * p->a_column,
                            .a_row = p->a_row,
                            .a_step = p->a_column,
                            .b = p->b + (ptrdiff_t)(column + j) * p->k + depth * COLUMN_TILE,
                            .c = c + j,
                            .c_row = c_row,
                            .add = depth > 0};
      ptrdiff_t tile = (ptrdiff_t)COLUMN_TILE * p->k;
      if (rows == 1) thin_1(&block, tile);
#if VW == 16
      else if (rows == 2) thin_2(&block, tile);
      else thin_3(&block, tile);
#endif
    }
  return j;
}

static int same_left(const struct product *p, const struct product *q) {
  return p->a == q->a && p->k == q->k && p->a_row == q->a_row && p->a_column == q->a_column;
}

/*
 * Where an address costs an instruction, rows at hand are packed before they meet all columns; products of the same rows share them. Laid out as
 * [block of k][panel][k][row].
 */
static void pack_left(struct products *p, int32_t row, int32_t rows, float *room, int32_t words) {
  int32_t panels = divide_up(rows, ROW_TILE);
  for (int32_t i = 0; !FETCHES && rows > THIN_ROWS && i < p->count; i++) {
    struct product *one = &p->product[i];
    if (one->b_row) continue;
    for (int32_t j = 0; j < i; j++)
      if (same_left(one, &p->product[j])) one->packed = p->product[j].packed;
    if (one->packed || rows * one->k > words) continue;
    for (int32_t depth = 0; depth < one->k; depth += DEPTH_BLOCK)
      for (int32_t q = 0; q < panels; q++) {
        int32_t first = cut(rows, panels, q), height = cut(rows, panels, q + 1) - first, n = least(DEPTH_BLOCK, one->k - depth);
        pack_rows[height - 1](n, one->a + (row + first) * one->a_row + depth * one->a_column, one->a_row, one->a_column,
                              room + depth * rows + first * n);
      }
    one->packed = room;
    room += rows * one->k;
    words -= rows * one->k;
  }
}

/** Rows from `row` on of one product, `columns` of them from `column` on, into c. */
static void multiply_rows(const struct product *p, int32_t row, int32_t rows, int32_t column, int32_t columns, float *c,
                          ptrdiff_t c_row, float *tail) {
  int32_t panels = divide_up(rows, ROW_TILE);
  for (int32_t j = multiply_few(p, row, rows, column, columns, c, c_row); j < columns; j += COLUMN_TILE) {
    int32_t width = least(COLUMN_TILE, columns - j);
    int narrow = COLUMN_VECTORS > 1 && width <= VW;
    for (int32_t depth = 0; depth < p->k; depth += DEPTH_BLOCK) {
      ptrdiff_t step;
      const float *b = tile_of(p, depth, column + j, width, tail, &step);
      for (int32_t i = 0; i < panels; i++) {
        int32_t first = cut(rows, panels, i), height = cut(rows, panels, i + 1) - first;
        struct block block = {.depth = least(DEPTH_BLOCK, p->k - depth),
                              .a = p->a + (row + first) * p->a_row + depth * p->a_column,
                              .a_row = p->a_row,
                              .a_step = p->a_column,
                              .b = b,
                              .b_step = step,
                              .c = c + first * c_row + j,
                              .c_row = c_row,
                              .add = depth > 0};
        if (p->packed) block.a = p->packed + depth * rows + first * block.depth;
        (p->packed ? packed_kernels : loose_kernels)[narrow][height - 1](&block);
      }
    }
  }
}

#include "sparse-products.h"

/** Rows [from, to) and columns [first, last) of all products, and the tape on them. */
static void run_products(struct products *p, int32_t from, int32_t to, int32_t first, int32_t last) {
  int32_t rows = to - from, columns = RESULTS_NEAR / (p->count * rows) / COLUMN_TILE * COLUMN_TILE;
  int32_t width = least(most(columns, COLUMN_TILE), round_up(last - first, COLUMN_TILE)), words = PRODUCT_LIST_WORDS / p->count;
  for (int32_t i = 0; i < p->count; i++) {
    if (!p->product[i].sparse) continue;
    p->lists_used = 1;
    list_left(p, i, from, rows, words);
  }
  if (!p->lists_used) pack_left(p, from, rows, (float *)p->lists, PRODUCT_LIST_WORDS);
  for (int32_t column = first; column < last; column += width) {
    int32_t wide = least(width, last - column);
    for (int32_t i = 0; i < p->count; i++) {
      const struct product *one = &p->product[i];
      float *c = p->result + (ptrdiff_t)i * rows * width;
      (one->sparse ? multiply_sparse : multiply_rows)(one, from, rows, column, wide, c, width, p->tail);
      place_result(&p->tape, i, c, width, from, column);
    }
    run_tape(&p->tape, from, rows, column, wide);
  }
}
