/*
 * What a convolution and the gradient of its weights have in common: the window's geometry, a piece of an image with the zeros around it in
 * memory that is near, and the innermost loop, which reads that piece where it lies. No window is ever laid out as a row of a matrix.
 */
#pragma once
#include "gemm.h"

/* Places one by one. */
static const int32_t ONE_PLACE[2] = {1, 1};

/* Channels whose taps are worked on together, and the depth of a slab of the weights. */
#define CONV_CHANNELS 128
/* The same for all targets: src/plan/conv.ts counts with it. */
#define CONV_TILE_WORDS 114688
_Static_assert(CONV_TILE_WORDS <= LOCAL_B_WORDS + LOCAL_A_WORDS, "a tile fits");
/* Features of a group are counted in these in scratch, whatever the target's tile is. */
#define FEATURE_TILE 32
_Static_assert(FEATURE_TILE % COLUMN_TILE == 0, "tiles are whole");

/** A window over images, and the images: sizes along rows, then columns. */
struct window {
  int32_t images, in[2], channels, out[2], features, groups;
  int32_t taps[2], step[2], holes[2], gap[2], before[2];
  int32_t width, wide; /* channels and features of a group */
};
#define WINDOW_WORDS 18

static void read_window(struct window *v, const int32_t *words) {
  *v = (struct window){.images = words[0], .channels = words[3], .features = words[6], .groups = words[7]};
  for (int32_t i = 0; i < 2; i++) {
    v->in[i] = words[1 + i];
    v->out[i] = words[4 + i];
    v->taps[i] = words[8 + i];
    v->step[i] = words[10 + i];
    v->holes[i] = words[12 + i];
    v->gap[i] = words[14 + i];
    v->before[i] = words[16 + i];
  }
  v->width = v->channels / v->groups;
  v->wide = v->features / v->groups;
}

/** Rows or columns that windows at `places` places with `taps` taps cover. */
INLINE int32_t covers(const struct window *v, int axis, int32_t places, int32_t taps) {
  return (places - 1) * v->step[axis] + (taps - 1) * v->gap[axis] + 1;
}

/** Some places of an image, some rows of taps, and some channels of a group. */
struct piece {
  int32_t image, group, place[2], places[2], tap_row, tap_rows, channel, channels;
};

/** Where the piece lies: elements from one pixel to the next, and from one row to the next. */
struct source {
  const float *at;
  ptrdiff_t pixel, row;
};

static int64_t piece_words(const struct window *v, const struct piece *p) {
  return (int64_t)covers(v, 0, p->places[0], p->tap_rows) * covers(v, 1, p->places[1], v->taps[1]) * p->channels;
}

/**
 * Pixels of one row into the tile: `first` is the column of the image (with its holes) that the row begins at.
 */
static void copy_pixels(const struct window *v, const float *from, int32_t first, int32_t columns, int32_t channels, float *to) {
  if (v->holes[1] == 1) {
    int32_t skipped = least(most(0, -first), columns), end = most(skipped, least(columns, v->in[1] - first));
    __builtin_memset(to, 0, 4 * (size_t)skipped * channels);
    const float *pixel = from + (ptrdiff_t)(first + skipped) * v->channels;
    if (channels == v->channels) __builtin_memcpy(to + skipped * channels, pixel, 4 * (size_t)(end - skipped) * channels);
    else
      for (int32_t i = skipped; i < end; i++, pixel += v->channels)
        __builtin_memcpy(to + (ptrdiff_t)i * channels, pixel, 4 * (size_t)channels);
    __builtin_memset(to + (ptrdiff_t)end * channels, 0, 4 * (size_t)(columns - end) * channels);
    return;
  }
  for (int32_t i = 0; i < columns; i++, to += channels) {
    int32_t at = first + i;
    if (at >= 0 && at % v->holes[1] == 0 && at / v->holes[1] < v->in[1])
      __builtin_memcpy(to, from + (ptrdiff_t)(at / v->holes[1]) * v->channels, 4 * (size_t)channels);
    else __builtin_memset(to, 0, 4 * (size_t)channels);
  }
}

/** The piece of the images, where it lies if nothing is around it, or else copied into the tile. */
static struct source piece_of(const struct window *v, const float *images, const struct piece *p, float *tile) {
  int32_t first[2], length[2] = {covers(v, 0, p->places[0], p->tap_rows), covers(v, 1, p->places[1], v->taps[1])};
  first[0] = p->place[0] * v->step[0] + p->tap_row * v->gap[0] - v->before[0];
  first[1] = p->place[1] * v->step[1] - v->before[1];
  const float *image = images + (ptrdiff_t)p->image * v->in[0] * v->in[1] * v->channels + p->group * v->width + p->channel;
  ptrdiff_t line = (ptrdiff_t)v->in[1] * v->channels;
  int within = v->holes[0] == 1 && v->holes[1] == 1;
  for (int i = 0; i < 2; i++) within &= first[i] >= 0 && first[i] + length[i] <= v->in[i];
  if (within) return (struct source){image + first[0] * line + (ptrdiff_t)first[1] * v->channels, v->channels, line};
  ptrdiff_t row = (ptrdiff_t)length[1] * p->channels;
  for (int32_t i = 0; i < length[0]; i++) {
    int32_t at = first[0] + i;
    if (at >= 0 && at % v->holes[0] == 0 && at / v->holes[0] < v->in[0])
      copy_pixels(v, image + at / v->holes[0] * line, first[1], length[1], p->channels, tile + i * row);
    else __builtin_memset(tile + i * row, 0, 4 * (size_t)row);
  }
  return (struct source){tile, p->channels, row};
}

/* Depths of a slab, one after the other in memory, whose left operand lies in runs: where each begins. */
struct runs {
  int32_t count;
  int32_t at[DEPTH_BLOCK];
};

#define ROWS_OF(HEIGHT) (((HEIGHT) + 2) / 3)

/**
 * As multiply_block, over runs of `block->depth` each: row i of run s begins at block->a + i · a_row + at[s]; rows of b go on from run to run.
 */
INLINE void multiply_runs(const int height, const int vectors, const struct block *block, const struct runs *runs,
                          ptrdiff_t a_row, ptrdiff_t a_step, ptrdiff_t b_step) {
  f32v sum[ROW_TILE][COLUMN_VECTORS];
  float *c = block->c;
  ptrdiff_t c_row = block->c_row;
#pragma GCC unroll 16
  for (int i = 0; i < height; i++)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      if (FETCHES && block->add) __builtin_prefetch(c + i * c_row + j * VW, 1, 3);
      sum[i][j] = (f32v){};
    }
  const float *b = block->b;
  for (int32_t s = 0; s < runs->count; s++) {
    /* Three rows an address: the next ones are one and two steps of a register away from it. */
    const float *a[ROWS_OF(ROW_TILE)];
#pragma GCC unroll 8
    for (int i = 0; i < ROWS_OF(height); i++) a[i] = block->a + runs->at[s] + 3 * i * a_row;
    for (int32_t k = block->depth; k > 0; k--, b += b_step) {
      f32v row[COLUMN_VECTORS];
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) row[j] = load(b + j * VW);
#pragma GCC unroll 16
      for (int i = 0; i < height; i++) {
        f32v left_factor = broadcast(a[i / 3] + i % 3 * a_row);
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) sum[i][j] = muladd(left_factor, row[j], sum[i][j]);
      }
#pragma GCC unroll 8
      for (int i = 0; i < ROWS_OF(height); i++) {
        a[i] += a_step;
        /* The compiler would form each from the one before, which takes longer than the arithmetic. */
        __asm__("" : "+r"(a[i]));
      }
    }
  }
  if (block->add) {
#pragma GCC unroll 16
    for (int i = 0; i < height; i++)
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) sum[i][j] += load(c + i * c_row + j * VW);
  }
#pragma GCC unroll 16
  for (int i = 0; i < height; i++, c += c_row)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) store(c + j * VW, sum[i][j]);
}

typedef void runs_function(const struct block *, const struct runs *);

/* Across: rows of a are pixels, a run is channels one after the other, b is packed. Along: rows of a are channels, a run is pixels of a row. */
#define DEFINE_RUNS_KERNEL(NAME, H, VECTORS, A_ROW, A_STEP, B_STEP)          \
  NOINLINE void NAME##_##H(const struct block *b, const struct runs *runs) { \
    multiply_runs(H, VECTORS, b, runs, A_ROW, A_STEP, B_STEP);               \
  }
#define DEFINE_RUNS_KERNELS(H)                                                   \
  DEFINE_RUNS_KERNEL(across_wide, H, COLUMN_VECTORS, b->a_row, 1, COLUMN_TILE)   \
  DEFINE_RUNS_KERNEL(across_narrow, H, 1, b->a_row, 1, COLUMN_TILE)              \
  DEFINE_RUNS_KERNEL(along_wide, H, COLUMN_VECTORS, 1, b->a_step, b->b_step)     \
  DEFINE_RUNS_KERNEL(along_narrow, H, 1, 1, b->a_step, b->b_step)
FOR_EACH_HEIGHT(DEFINE_RUNS_KERNELS)
#define ACROSS_WIDE(H) across_wide_##H,
#define ACROSS_NARROW(H) across_narrow_##H,
#define ALONG_WIDE(H) along_wide_##H,
#define ALONG_NARROW(H) along_narrow_##H,
/* [narrow][height − 1] */
static runs_function *const across_kernels[2][ROW_TILE] = {{FOR_EACH_HEIGHT(ACROSS_WIDE)},
                                                           {FOR_EACH_HEIGHT(ACROSS_NARROW)}};
static runs_function *const along_kernels[2][ROW_TILE] = {{FOR_EACH_HEIGHT(ALONG_WIDE)}, {FOR_EACH_HEIGHT(ALONG_NARROW)}};

INLINE int is_narrow(int32_t columns) { return COLUMN_VECTORS > 1 && columns <= VW; }

/** Channels of a block of them, of which there are as few as fit CONV_CHANNELS. */
static int32_t channel_blocks(const struct window *v) { return divide_up(v->width, CONV_CHANNELS); }

/**
 * The most rows and columns of places that a task takes, whole multiples of `unit`: the tile has room for the words that they read, and the result for `columns` numbers of each. Where even one unit reads too much, fewer rows of taps are taken at a time.
 */
static void fit_piece(const struct window *v, const int32_t *unit, int32_t words, int32_t room, int32_t columns,
                      struct piece *most_of) {
  *most_of = (struct piece){.places = {v->out[0] / unit[0] * unit[0], v->out[1] / unit[1] * unit[1]},
                            .tap_rows = v->taps[0],
                            .channels = divide_up(v->width, channel_blocks(v))};
  struct piece *p = most_of;
  while (piece_words(v, p) > words || p->places[0] * p->places[1] * (int64_t)columns > room) {
    if (p->places[0] > unit[0]) p->places[0] = round_up(divide_up(p->places[0], 2), unit[0]);
    else if (p->places[1] > unit[1]) p->places[1] = round_up(divide_up(p->places[1], 2), unit[1]);
    else if (p->tap_rows > 1) p->tap_rows = divide_up(p->tap_rows, 2);
    else p->channels = divide_up(p->channels, 2);
  }
}
