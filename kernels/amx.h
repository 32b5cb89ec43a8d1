/*
 * Tiles of bfloat16 by AMX, the matrix unit of Intel's server processors since 2023. The system has to let a process use it:
 * native/instruction-sets.c asks.
 */
#pragma once
#include "bfloat16.h"

#if defined(__AVX512F__) && (__has_include(<amxbf16intrin.h>) || __has_include(<amxintrin.h>))
#define HAS_AMX 1
#include <immintrin.h>

#define FOR_AMX __attribute__((target("amx-tile,amx-bf16,avx512bf16")))
/* gcc doesn't know how much memory a tile's instruction reads. */
#define FINISH_STORES() __asm__ volatile("" ::: "memory")

INLINE __mmask16 lanes_below(int32_t n) { return (__mmask16)(n >= 16 ? 0xffff : n <= 0 ? 0 : (1u << n) - 1); }

/** Rows of 32 numbers from lines whose numbers are neighbours. */
INLINE FOR_AMX void round_lines(int32_t count, int32_t depth, const float *from, ptrdiff_t line, __m512i *rows) {
  __mmask16 low = lanes_below(depth), high = lanes_below(depth - 16);
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++, from += line) {
    __m512 first = _mm512_maskz_loadu_ps(i < count ? low : 0, from);
    __m512 second = _mm512_maskz_loadu_ps(i < count ? high : 0, from + 16);
    rows[i] = (__m512i)_mm512_cvtne2ps_pbh(second, first);
  }
}

/** Rows of 16 pairs from lines that are neighbours: a0 b0 a1 b1 …, a and b neighbours in depth. */
INLINE FOR_AMX void round_pairs(int32_t count, int32_t depth, const float *from, ptrdiff_t step, __m512i *rows) {
  const __m512i interleaved = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                               21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  __mmask16 mask = lanes_below(count);
#pragma GCC unroll 16
  for (int k = 0; k < 32; k += 2, from += 2 * step) {
    __m512 even = _mm512_maskz_loadu_ps(k < depth ? mask : 0, from);
    __m512 odd = _mm512_maskz_loadu_ps(k + 1 < depth ? mask : 0, from + step);
    rows[k / 2] = _mm512_permutexvar_epi16(interleaved, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
  }
}

/** Pair j of row i becomes pair i of row j: from a tile of the left side to one of the right, and back. */
INLINE void transpose_pairs(__m512i *r) {
  __m512i t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

static FOR_AMX void pack_tile_for_amx(enum side side, const struct lines *m, bfloat16 *to) {
  __m512i rows[16];
  int as_pairs = m->line == 1 && m->step != 1;
  if (as_pairs) round_pairs(m->count, m->depth, m->from, m->step, rows);
  else if (m->step == 1) round_lines(m->count, m->depth, m->from, m->line, rows);
  else {
    float gathered[TILE_NUMBERS];
    for (int32_t i = 0; i < least(m->count, TILE_LINES); i++)
      for (int32_t k = 0; k < least(m->depth, TILE_DEPTH); k++)
        gathered[i * TILE_DEPTH + k] = m->from[i * m->line + k * m->step];
    round_lines(m->count, m->depth, gathered, TILE_DEPTH, rows);
  }
  if (as_pairs == (side == LEFT)) transpose_pairs(rows);
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) _mm512_storeu_si512(to + i * TILE_DEPTH, rows[i]);
}

static void pack_for_amx(enum side side, const struct lines *m, const struct tiling *t) {
  pack_by_tiles(pack_tile_for_amx, side, m, t);
}

/** Tiles 0 to 3 hold the results, 4 and 5 rows of the left operand, 6 and 7 columns of the right one. */
INLINE FOR_AMX void multiply_by_amx(const int rows, const int columns, const struct tile_block *t) {
  const ptrdiff_t c_row = t->c_row * (ptrdiff_t)sizeof(float);
  const bfloat16 *a = t->a, *b = t->b;
  float *c = t->c, *lower = c + TILE_LINES * t->c_row;
  FINISH_STORES();
  if (t->add) {
    _tile_loadd(0, c, c_row);
    if (columns == 2) _tile_loadd(1, c + TILE_LINES, c_row);
    if (rows == 2) _tile_loadd(2, lower, c_row);
    if (rows == 2 && columns == 2) _tile_loadd(3, lower + TILE_LINES, c_row);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int32_t k = t->depth; k > 0; k--, a += t->a_step, b += t->b_step) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b, 64);
    _tile_dpbf16ps(0, 4, 6);
    if (columns == 2) {
      _tile_loadd(7, b + TILE_NUMBERS, 64);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (rows == 2) {
      _tile_loadd(5, a + TILE_NUMBERS, 64);
      _tile_dpbf16ps(2, 5, 6);
      if (columns == 2) _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, c, c_row);
  if (columns == 2) _tile_stored(1, c + TILE_LINES, c_row);
  if (rows == 2) _tile_stored(2, lower, c_row);
  if (rows == 2 && columns == 2) _tile_stored(3, lower + TILE_LINES, c_row);
}

static FOR_AMX void multiply_for_amx(const struct tile_block *t) {
  if (t->rows == 2 && t->columns == 2) multiply_by_amx(2, 2, t);
  else if (t->rows == 2) multiply_by_amx(2, 1, t);
  else if (t->columns == 2) multiply_by_amx(1, 2, t);
  else multiply_by_amx(1, 1, t);
}

static FOR_AMX void start_amx(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } config = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) {
    config.row_bytes[tile] = 64;
    config.rows[tile] = TILE_LINES;
  }
  FINISH_STORES();
  _tile_loadconfig(&config);
}

static FOR_AMX void stop_amx(void) { _tile_release(); }

static const struct tile_unit amx_tiles = {start_amx, stop_amx, pack_for_amx, multiply_for_amx};
#define AMX_TILES &amx_tiles

#else
#define HAS_AMX 0
#define AMX_TILES &plain_tiles
#endif
