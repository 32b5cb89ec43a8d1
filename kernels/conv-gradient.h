/*
 * CONV_GRADIENT: the gradient of a convolution's weights, G[t, c, n] = Σ over images and places of x at tap t, channel c, times y at feature n, then
 * the tape on G. Tasks take some images each, all taps, and add up a gradient of their own; those are added, and the tape runs, in a second phase.
 */
#pragma once
#include "conv-open.h"
#include "depthwise.h"

/* Tasks, where the images alone make fewer. */
#define GRADIENT_TASKS 16
struct conv_gradient {
  struct window window;
  const float *x, *y;
  int32_t tiles, rows, row; /* of a group's gradient: tiles of features, rows t·width + c, and floats of one */
  int32_t parts, tap_parts; /* tasks: shares of the images, by shares of the rows of taps */
  int depthwise;            /* rows are taps then, and all channels are one group */
  int is_long;              /* some number has more than SHORT_SUMS sums */
  struct piece most;
  float *partial;  /* [part][group][row], each `row` floats */
  double *totals;  /* the same, where it is long */
  int has_gates;
  struct open_gates open_features, open_channels;
  float *tile, *tail, *result;
  struct tape tape;
};

/** Images are taken in pieces of so few places that they are one sum. */
static struct piece gradient_piece(const struct window *v) {
  struct piece p;
  fit_piece(v, ONE_PLACE, CONV_TILE_WORDS, INT32_MAX, 1, &p);
  p.places[1] = least(p.places[1], DEPTH_BLOCK);
  p.places[0] = least(p.places[0], most(1, DEPTH_BLOCK / p.places[1]));
  return p;
}

/** The words of CONV_GRADIENT; `gates` are those in front of it in OPEN_CONV_GRADIENT, else 0. */
static void read_conv_gradient(struct conv_gradient *g, const int32_t *gates, const int32_t *words, void *const *bases,
                               uint32_t *scratch) {
  struct window *v = &g->window;
  read_window(v, words);
  g->has_gates = gates != 0;
  if (g->has_gates) {
    g->open_features = read_gates(gates, v->features, bases);
    g->open_channels = read_gates(gates + GATES_WORDS, v->channels, bases);
  }
  words += WINDOW_WORDS;
  g->x = (const float *)locate(bases, words);
  g->y = (const float *)locate(bases, words + 2);
  g->partial = (float *)locate(bases, words + 4);
  g->depthwise = is_depthwise(v);
  if (g->depthwise) v->groups = 1, v->wide = v->features;
  g->tiles = divide_up(v->wide, COLUMN_TILE);
  g->row = round_up(v->wide, FEATURE_TILE);
  g->rows = v->taps[0] * v->taps[1] * v->width;
  int32_t dims[3] = {1, g->rows, v->features};
  g->parts = words[6];
  g->is_long = words[7];
  read_tape(&g->tape, words + 8, 3, dims, bases, scratch);
  g->tap_parts = g->parts * 2 <= GRADIENT_TASKS ? least(v->taps[0], GRADIENT_TASKS / g->parts) : 1;
  if (g->depthwise) v->width = v->channels;
  g->most = gradient_piece(v);
  g->totals = (double *)(g->partial + (ptrdiff_t)g->parts * v->groups * g->rows * g->row);
  g->tile = (float *)scratch + TAPE_SCRATCH_WORDS;
  g->tail = g->result = g->tile + CONV_TILE_WORDS;
}

static int32_t gradient_sum_chunks(const struct conv_gradient *g) { return g->parts * g->tap_parts; }
static int32_t gradient_rows_of_chunk(const struct conv_gradient *g) {
  return least(most(1, CHUNK / g->row), most(1, RESULT_WORDS / g->row));
}
static int32_t gradient_tape_chunks(const struct conv_gradient *g) {
  return g->window.groups * divide_up(g->rows, gradient_rows_of_chunk(g));
}

/** Rows of the gradient from `row` on, whose left operand begins at `a`: one for each float there. */
static void multiply_along(const struct conv_gradient *g, struct block *block, const struct runs *runs, const float *a,
                           float *c, int32_t rows, int narrow) {
  int32_t panels = divide_up(rows, ROW_TILE);
  for (int32_t i = 0; i < panels; i++) {
    int32_t first = cut(rows, panels, i), height = cut(rows, panels, i + 1) - first;
    block->a = a + first;
    block->c = c + (ptrdiff_t)first * g->row;
    along_kernels[narrow][height - 1](block, runs);
  }
}

/** Adds the part of a piece, with its channels and rows of taps, to the gradient; or writes it. */
static void add_piece(const struct conv_gradient *g, const struct piece *p, float *partial, int add) {
  const struct window *v = &g->window;
  struct source source = piece_of(v, g->x, p, g->tile);
  int32_t together = v->gap[1] == 1 && source.pixel == v->width && p->channels == v->width ? v->taps[1] : 1;
  int whole = p->places[1] == v->out[1];
  struct runs runs = {.count = p->places[0]};
  for (int32_t s = 0; s < runs.count; s++) runs.at[s] = (int32_t)(s * v->step[0] * source.row);
  int32_t place = (p->image * v->out[0] + p->place[0]) * v->out[1] + p->place[1];
  for (int32_t tile = 0; tile < g->tiles; tile++) {
    int32_t column = tile * COLUMN_TILE, width = least(COLUMN_TILE, v->wide - column);
    const float *y = g->y + (ptrdiff_t)place * v->features + p->group * v->wide + column;
    struct block block = {.depth = p->places[1], .a_row = 1, .a_step = v->step[1] * source.pixel, .c_row = g->row, .add = add};
    block.b = y, block.b_step = v->features;
    if (width < COLUMN_TILE || !whole) {
      /* Whole vectors are read, and rows have to follow each other. */
      for (int32_t s = 0; s < runs.count; s++)
        pack_columns(width, p->places[1], y + (ptrdiff_t)s * v->out[1] * v->features, 1, v->features,
                     g->tail + s * p->places[1] * COLUMN_TILE);
      block.b = g->tail, block.b_step = COLUMN_TILE;
    }
    for (int32_t ky = 0; ky < p->tap_rows; ky++)
      for (int32_t kx = 0; kx < v->taps[1]; kx += together) {
        const float *a = source.at + ky * v->gap[0] * source.row + kx * v->gap[1] * source.pixel;
        float *c = partial + (ptrdiff_t)(((p->tap_row + ky) * v->taps[1] + kx) * v->width + p->channel) * g->row + column;
        multiply_along(g, &block, &runs, a, c, together * p->channels, is_narrow(width));
      }
  }
}

/** Where open channels of a piece, and of their features a strip, lie in the gradient. */
struct open_part {
  struct open_runs channels, features;
  int32_t segments, channel[OPEN_TOGETHER];
  struct segment segment[OPEN_SEGMENTS];
};

/** Rows of a tile of open features, added to where they belong: `from` counts open channels, tap by tap from row `first` on. */
static void add_open_rows(const struct conv_gradient *g, const struct open_part *o, int32_t tile, const float *sums,
                          float *first, int32_t from, int32_t rows) {
  for (int32_t i = 0; i < rows; i++, sums += COLUMN_TILE) {
    int32_t tap = (from + i) / o->channels.total, channel = o->channel[(from + i) % o->channels.total];
    float *to = first + (ptrdiff_t)(tap * g->window.width + channel) * g->row;
    for (int32_t k = 0; k < o->segments; k++) {
      const struct segment *s = &o->segment[k];
      if (s->to_tile != tile) continue;
      float *at = to + s->from_tile * COLUMN_TILE + s->from_lane;
      const float *sum = sums + s->to_lane;
      int32_t j = 0;
      for (; j + 4 <= s->length; j += 4) *(f32x4_anywhere *)(at + j) += *(const f32x4_anywhere *)(sum + j);
      for (; j < s->length; j++) at[j] += sum[j];
    }
  }
}

/** Places of the features in a strip from `feature` on that are open: a tile of them, row by row of places. */
static void pack_open_features(const struct conv_gradient *g, const struct piece *p, const struct open_part *o, int32_t tile,
                               int32_t feature) {
  const struct window *v = &g->window;
  int32_t place = (p->image * v->out[0] + p->place[0]) * v->out[1] + p->place[1];
  const float *y = g->y + (ptrdiff_t)place * v->features + feature;
  for (int32_t s = 0; s < p->places[0]; s++) {
    const float *line = y + (ptrdiff_t)s * v->out[1] * v->features;
    float *to = g->tail + s * p->places[1] * COLUMN_TILE;
    for (int32_t k = 0; k < o->segments; k++)
      if (o->segment[k].to_tile == tile)
        copy_segment(o->segment[k].length, p->places[1], line + o->segment[k].from_tile * COLUMN_TILE + o->segment[k].from_lane,
                     v->features, to + o->segment[k].to_lane);
  }
  int32_t columns = o->features.total - tile * COLUMN_TILE;
  if (columns < COLUMN_TILE) clear_lanes(columns, p->places[0] * p->places[1], g->tail);
}

/** Adds what open features of a strip give a piece's open channels. */
static void add_open_strip(const struct conv_gradient *g, const struct piece *p, const struct open_part *o, struct source source,
                           int32_t feature, float *partial) {
  const struct window *v = &g->window;
  int32_t channels = o->channels.total;
  int32_t together = v->gap[1] == 1 && source.pixel == channels && p->channels == v->width ? v->taps[1] : 1;
  struct runs runs = {.count = p->places[0]};
  for (int32_t s = 0; s < runs.count; s++) runs.at[s] = (int32_t)(s * v->step[0] * source.row);
  float *sums = g->tail + DEPTH_BLOCK * COLUMN_TILE;
  struct block block = {.depth = p->places[1], .a_row = 1, .a_step = v->step[1] * source.pixel};
  block.b = g->tail, block.b_step = COLUMN_TILE, block.c = sums, block.c_row = COLUMN_TILE;
  int32_t rows = together * channels, panels = divide_up(rows, ROW_TILE);
  for (int32_t tile = 0; tile * COLUMN_TILE < o->features.total; tile++) {
    pack_open_features(g, p, o, tile, feature);
    int narrow = is_narrow(o->features.total - tile * COLUMN_TILE);
    for (int32_t tap = 0; tap < p->tap_rows * v->taps[1]; tap += together) {
      const float *a = source.at + tap / v->taps[1] * v->gap[0] * source.row + tap % v->taps[1] * v->gap[1] * source.pixel;
      float *first = partial + (ptrdiff_t)((p->tap_row * v->taps[1] + tap) * v->width + p->channel) * g->row + feature;
      for (int32_t i = 0; i < panels; i++) {
        int32_t from = cut(rows, panels, i), height = cut(rows, panels, i + 1) - from;
        block.a = a + from;
        along_kernels[narrow][height - 1](&block, &runs);
        add_open_rows(g, o, tile, sums, first, from, height);
      }
    }
  }
}

/** As add_piece, of what is open for the piece's image. */
static void add_open_piece(const struct conv_gradient *g, const struct piece *p, float *partial) {
  const struct window *v = &g->window;
  struct open_part o;
  find_open(&g->open_channels, p->image, p->channel, p->channels, &o.channels);
  if (o.channels.total == 0) return;
  int32_t n = 0;
  for (int32_t k = 0; k < o.channels.count; k++)
    for (int32_t i = 0; i < o.channels.length[k]; i++) o.channel[n++] = o.channels.first[k] + i;
  struct source source = {0};
  for (int32_t feature = 0; feature < v->wide; feature += OPEN_TOGETHER) {
    int32_t features = least(OPEN_TOGETHER, v->wide - feature);
    find_open(&g->open_features, p->image, feature, features, &o.features);
    if (o.features.total == 0) continue;
    if (!source.at) source = open_piece_of(v, g->x, p, &o.channels, g->tile);
    o.segments = find_segments(&o.features, o.segment);
    add_open_strip(g, p, &o, source, feature, partial);
  }
}

/** Whether all is open for an image. */
static int is_all_open(const struct conv_gradient *g, int32_t image) {
  for (int32_t k = 0; k < g->open_features.groups; k++)
    if (!is_open_group(&g->open_features, image, k)) return 0;
  for (int32_t k = 0; k < g->open_channels.groups; k++)
    if (!is_open_group(&g->open_channels, image, k)) return 0;
  return 1;
}

/** The same where each channel meets the feature of its own number alone. */
static void add_depthwise_piece(const struct conv_gradient *g, const struct piece *p, float *partial, int add) {
  const struct window *v = &g->window;
  struct source source = piece_of(v, g->x, p, g->tile);
  int32_t place = (p->image * v->out[0] + p->place[0]) * v->out[1] + p->place[1];
  struct depthwise_sum d = {.y = g->y + (ptrdiff_t)place * v->features + p->channel,
                            .x_row = v->step[0] * source.row,
                            .x_place = v->step[1] * source.pixel,
                            .tap = v->gap[1] * source.pixel,
                            .y_row = (ptrdiff_t)v->out[1] * v->features,
                            .y_place = v->features,
                            .rows = p->places[0],
                            .places = p->places[1]};
  for (int32_t ky = 0; ky < p->tap_rows; ky++) {
    d.x = source.at + ky * v->gap[0] * source.row;
    float *to = partial + (ptrdiff_t)(p->tap_row + ky) * v->taps[1] * g->row + p->channel;
    depthwise_tap_row(d, v->taps[1], p->channels, to, g->row, add);
  }
}

/** The same of all channels of the group, from tap row `first` to `end`. */
static void add_channels(const struct conv_gradient *g, struct piece *p, float *partial, int32_t first, int32_t end, int add) {
  int32_t width = g->window.width;
  int skips = g->has_gates && !is_all_open(g, p->image);
  for (p->channel = 0; p->channel < width; p->channel += g->most.channels) {
    p->channels = least(g->most.channels, width - p->channel);
    for (p->tap_row = first; p->tap_row < end; p->tap_row += g->most.tap_rows) {
      p->tap_rows = least(g->most.tap_rows, end - p->tap_row);
      if (skips) add_open_piece(g, p, partial);
      else if (g->depthwise) add_depthwise_piece(g, p, partial, add);
      else add_piece(g, p, partial, add);
    }
  }
}

static void gradient_sum_chunk(const struct conv_gradient *g, int32_t chunk) {
  const struct window *v = &g->window;
  int32_t part = chunk / g->tap_parts, taps = chunk % g->tap_parts;
  int32_t first = cut(v->taps[0], g->tap_parts, taps), end = cut(v->taps[0], g->tap_parts, taps + 1);
  int32_t last_image = cut(v->images, g->parts, part + 1) - 1, of_taps = g->rows / v->taps[0] * g->row;
  for (int32_t group = 0; group < v->groups; group++) {
    ptrdiff_t from = (ptrdiff_t)(part * v->groups + group) * g->rows * g->row;
    struct piece p = {.group = group};
    int32_t sums = 0;
    for (p.image = cut(v->images, g->parts, part); p.image <= last_image; p.image++)
      for (p.place[0] = 0; p.place[0] < v->out[0]; p.place[0] += g->most.places[0])
        for (p.place[1] = 0; p.place[1] < v->out[1]; p.place[1] += g->most.places[1], sums++) {
          p.places[0] = least(g->most.places[0], v->out[0] - p.place[0]);
          p.places[1] = least(g->most.places[1], v->out[1] - p.place[1]);
          int add = sums % (g->is_long ? SHORT_SUMS : INT32_MAX) > 0;
          /* What is closed for this image may be open for the next. */
          if (g->has_gates && !add) clear(g->partial + from + first * of_taps, (end - first) * of_taps);
          add_channels(g, &p, g->partial + from, first, end, add || g->has_gates);
          int is_last = p.image == last_image && p.place[0] + p.places[0] == v->out[0] && p.place[1] + p.places[1] == v->out[1];
          if (g->is_long && (is_last || sums % SHORT_SUMS == SHORT_SUMS - 1))
            fold_sums(g->partial + from + first * of_taps, g->totals + from + first * of_taps, (end - first) * of_taps,
                      sums < SHORT_SUMS, is_last);
        }
  }
}

/** Rows of the gradient: the sums of all parts, and the tape on them. */
static void gradient_tape_chunk(struct conv_gradient *g, int32_t chunk) {
  const struct window *v = &g->window;
  int32_t rows = gradient_rows_of_chunk(g), of_group = divide_up(g->rows, rows), group = chunk / of_group;
  int32_t from = chunk % of_group * rows, count = least(rows, g->rows - from), n = count * g->row;
  const float *partial = g->partial + ((ptrdiff_t)group * g->rows + from) * g->row;
  ptrdiff_t part = (ptrdiff_t)v->groups * g->rows * g->row;
  for (int32_t i = 0; i < n; i += VW) {
    f32v sum = load(partial + i);
    for (int32_t k = 1; k < g->parts; k++) sum += load(partial + k * part + i);
    store(g->result + i, sum);
  }
  place_result(&g->tape, 0, g->result, g->row, from, group * v->wide);
  run_tape(&g->tape, from, count, group * v->wide, v->wide);
}
