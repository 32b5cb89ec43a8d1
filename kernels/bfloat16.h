/*
 * Products of numbers rounded to bfloat16, summed in float32, by tiles. Here is what a tile is, and plain C that packs and
 * multiplies tiles; AMX, where there is, does the same sums in the same order and gives the same bits.
 */
#pragma once
#include "vector.h"

/* What a GEMM rounds its operands to. */
enum precision { FLOAT32, BFLOAT16, BFLOAT16_AMX };

/* A wasm module cannot reach a unit for bfloat16. */
#if defined(__wasm__)
#define HAS_BFLOAT16 0
#else
#define HAS_BFLOAT16 1
#endif

/*
 * A tile holds TILE_LINES lines (rows of the left operand, columns of the right one) by TILE_DEPTH of depth, 1 KiB. On the left a
 * line is a row of the tile. On the right a row of the tile holds a pair of neighbours in depth for each line.
 */
#define TILE_LINES 16
#define TILE_DEPTH 32
#define TILE_NUMBERS (TILE_LINES * TILE_DEPTH)

typedef uint16_t bfloat16;
enum side { LEFT, RIGHT };

/** A matrix as lines: element k of line i is from[i·line + k·step]. */
struct lines {
  int32_t count, depth;
  const float *from;
  ptrdiff_t line, step;
};

/** Where tiles go: `line_step` numbers from one to the next 16 lines', `depth_step` to the next 32 of depth. */
struct tiling {
  bfloat16 *to;
  ptrdiff_t line_step, depth_step;
};

/** Up to 2 × 2 tiles of results, c_row floats from row to row, over `depth` tiles of depth. */
struct tile_block {
  int32_t rows, columns, depth;
  const bfloat16 *a, *b;
  ptrdiff_t a_step, b_step; /* from one tile of depth to the next */
  float *c;
  ptrdiff_t c_row;
  int add; /* to what c holds */
};

/** What works on tiles. A thread starts it before and stops it after. */
struct tile_unit {
  void (*start)(void);
  void (*stop)(void);
  void (*pack)(enum side, const struct lines *, const struct tiling *);
  void (*multiply)(const struct tile_block *);
};

/** The nearest, the even one of two. NaN stays NaN; what is smaller than the smallest normal number becomes 0. */
INLINE bfloat16 to_bfloat16(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (bfloat16)(bits >> 16 | 0x40);
  if (magnitude < 0x00800000) return (bfloat16)(bits >> 16 & 0x8000);
  return (bfloat16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/** One tile; where there are fewer lines or less depth, the rest is 0. */
typedef void pack_tile_function(enum side, const struct lines *, bfloat16 *to);

INLINE void pack_tile_plainly(enum side side, const struct lines *m, bfloat16 *to) {
  for (int32_t i = 0; i < TILE_LINES; i++)
    for (int32_t k = 0; k < TILE_DEPTH; k++) {
      bfloat16 x = i < m->count && k < m->depth ? to_bfloat16(m->from[i * m->line + k * m->step]) : 0;
      to[side == LEFT ? i * TILE_DEPTH + k : k / 2 * TILE_DEPTH + 2 * i + k % 2] = x;
    }
}

/** All tiles of a matrix, in the order in which it lies in memory. */
INLINE void pack_by_tiles(pack_tile_function *pack_tile, enum side side, const struct lines *m, const struct tiling *t) {
  int32_t across = divide_up(m->count, TILE_LINES), deep = divide_up(m->depth, TILE_DEPTH);
  int32_t inner = m->step == 1 ? deep : across;
  for (int32_t n = 0; n < across * deep; n++) {
    int32_t line = m->step == 1 ? n / inner : n % inner, depth = m->step == 1 ? n % inner : n / inner;
    struct lines part = *m;
    part.count -= line * TILE_LINES;
    part.depth -= depth * TILE_DEPTH;
    part.from += line * TILE_LINES * m->line + depth * TILE_DEPTH * m->step;
    pack_tile(side, &part, t->to + line * t->line_step + depth * t->depth_step);
  }
}

static void pack_plainly(enum side side, const struct lines *m, const struct tiling *t) {
  pack_by_tiles(pack_tile_plainly, side, m, t);
}

/** c (+)= a b for one tile each. AMX sums the even and the odd products of a tile apart, and c last. */
static void multiply_tile_plainly(const bfloat16 *a, const bfloat16 *b, float *c, ptrdiff_t c_row, int add) {
  for (int i = 0; i < TILE_LINES; i++, a += TILE_DEPTH, c += c_row)
    for (int j = 0; j < TILE_LINES; j += VW) {
      f32v even = {}, odd = {};
      for (int k = 0; k < TILE_DEPTH; k += 2) {
        u32v pairs = (u32v)load(b + k / 2 * TILE_DEPTH + 2 * j);
        f32v left_even = (f32v)splat_int((int32_t)((uint32_t)a[k] << 16));
        f32v left_odd = (f32v)splat_int((int32_t)((uint32_t)a[k + 1] << 16));
        even = muladd(left_even, (f32v)(pairs << 16), even);
        odd = muladd(left_odd, (f32v)(pairs & 0xffff0000u), odd);
      }
      store(c + j, (add ? load(c + j) : (f32v){}) + (even + odd));
    }
}

static void multiply_plainly(const struct tile_block *t) {
  for (int32_t k = 0; k < t->depth; k++)
    for (int32_t i = 0; i < t->rows; i++)
      for (int32_t j = 0; j < t->columns; j++)
        multiply_tile_plainly(t->a + k * t->a_step + i * TILE_NUMBERS, t->b + k * t->b_step + j * TILE_NUMBERS,
                              t->c + i * TILE_LINES * t->c_row + j * TILE_LINES, t->c_row, t->add || k > 0);
}

static void nothing(void) {}

static const struct tile_unit plain_tiles = {nothing, nothing, pack_plainly, multiply_plainly};
