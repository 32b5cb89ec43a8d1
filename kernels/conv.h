/*
 * CONV: a convolution, or its transpose (which reads an image with holes), with the tape as its epilogue. A task is some places of an image by a
 * strip of features: it copies the piece of the image that it reads, with zeros around it, and multiplies it by weights that were packed for all tasks.
 */
#pragma once
#include "conv-open.h"
#include "depthwise.h"

/* Features of a task. */
#define CONV_STRIP 128
_Static_assert(CONV_STRIP <= OPEN_TOGETHER, "runs of a strip of features fit");
/* Weights of open channels and features that are brought together at a time: the last part of the tile, which reads less then. */
#define OPEN_SLAB_WORDS 32768
_Static_assert(OPEN_SLAB_WORDS / CONV_STRIP >= CONV_CHANNELS, "a slab has a run");
/* Tasks, at least, where there are as many places. */
#define CONV_TASKS 16

struct conv {
  struct window window;
  const float *images, *weights;
  ptrdiff_t tap_step[2], channel_step, feature_step, group_step;
  float *packed; /* [group][tile][block of channels][tap][channel][COLUMN_TILE] */
  /* Tiles of a group's features, the strips of them that are worked on together, and a task's share. */
  int32_t tiles, strips, depth, depth_of_slab, parts[2];
  struct piece most;
  int depthwise; /* packed is [tap][channel] then, and all channels are one group */
  int is_long; /* sums are so long that there are totals in double precision */
  float *tile, *panel, *result;
  double *totals;
  /* With gates a task's tape is that of an image: [images, places, features]. */
  int has_gates;
  struct open_gates open_features, open_channels;
  float *slab; /* [tile][depth][COLUMN_TILE], of what is open for a task */
  float *plain; /* where the result goes if the tape just stores it */
  ptrdiff_t plain_row;
  /* Places are taken in units: of the pooling that follows, or one by one; how many units there are. */
  int32_t unit[2], units[2];
  struct pooled {
    float *largest;
    int32_t *taps; /* or 0 */
  } pooled;
  struct tape tape;
};

/** The words of CONV; `gates` are those in front of it in OPEN_CONV, else 0; `unit` are the places that are pooled together. */
static void read_conv(struct conv *v, const int32_t *gates, const int32_t *unit, const int32_t *words, void *const *bases,
                      uint32_t *scratch) {
  struct window *w = &v->window;
  read_window(w, words);
  v->has_gates = gates != 0;
  v->open_features = v->has_gates ? read_gates(gates, w->features, bases) : (struct open_gates){0};
  v->open_channels = v->has_gates ? read_gates(gates + GATES_WORDS, w->channels, bases) : (struct open_gates){0};
  words += WINDOW_WORDS;
  v->images = (const float *)locate(bases, words);
  v->weights = (const float *)locate(bases, words + 2);
  v->tap_step[0] = words[4];
  v->tap_step[1] = words[5];
  v->channel_step = words[6];
  v->feature_step = words[7];
  v->group_step = words[8];
  v->packed = (float *)locate(bases, words + 9);
  int32_t batch = v->has_gates ? w->images : 1;
  int32_t dims[3] = {batch, w->images / batch * w->out[0] * w->out[1], w->features};
  read_tape(&v->tape, words + 11, 3, dims, bases, scratch);
  v->tile = (float *)scratch + TAPE_SCRATCH_WORDS;
  v->result = v->tile + CONV_TILE_WORDS;
  v->slab = v->result - OPEN_SLAB_WORDS;
  v->depthwise = is_depthwise(w);
  if (v->depthwise) w->groups = 1, w->wide = w->features;
  v->depth = w->taps[0] * w->taps[1] * w->width;
  v->is_long = v->depth > LONG_GEMM;
  v->depth_of_slab = v->is_long ? SHORT_SUM : DEPTH_BLOCK;
  v->tiles = divide_up(w->wide, COLUMN_TILE);
  for (int i = 0; i < 2; i++) v->unit[i] = unit[i], v->units[i] = w->out[i] / unit[i];
  v->strips = divide_up(v->tiles * COLUMN_TILE, CONV_STRIP);
  v->strips = most(v->strips, least(v->tiles, divide_up(CONV_TASKS, w->images * w->groups * v->units[0])));
  /* Behind the result: what a panel packs, and totals. */
  int32_t panel_words = FETCHES ? 0 : ROW_TILE * DEPTH_BLOCK, room = RESULT_WORDS - panel_words;
  v->panel = v->result + room;
  if (v->is_long) room = room / 3 / 2 * 2;
  v->totals = (double *)(v->result + room);
  int32_t strip = divide_up(v->tiles, v->strips) * COLUMN_TILE;
  if (v->depthwise) w->width = least(strip, w->channels);
  v->pooled = (struct pooled){0};
  fit_piece(w, unit, v->has_gates ? CONV_TILE_WORDS - OPEN_SLAB_WORDS : CONV_TILE_WORDS, room, strip, &v->most);
  for (int i = 0; i < 2; i++) v->parts[i] = divide_up(v->units[i], v->most.places[i] / unit[i]);
  int32_t others = w->images * w->groups * v->strips;
  v->parts[0] = most(v->parts[0], least(v->units[0], divide_up(CONV_TASKS, others)));
  int32_t panels = least(v->units[1], divide_up(w->out[1], ROW_TILE));
  v->parts[1] = most(v->parts[1], least(panels, divide_up(CONV_TASKS, others * v->parts[0])));
  v->plain = v->is_long ? 0 : plain_store(&v->tape);
  v->plain_row = v->tape.operand[1].stride[1];
}

/** POOLED_CONV: what the tape gives stays near, and of each `unit` of places the largest is stored. */
static void read_pooled_conv(struct conv *v, const int32_t *words, void *const *bases, uint32_t *scratch) {
  read_conv(v, 0, words, words + 6, bases, scratch);
  v->pooled.largest = (float *)locate(bases, words + 2);
  v->pooled.taps = words[4] < 0 ? 0 : (int32_t *)locate(bases, words + 4);
  v->plain = 0;
  v->tape.operand[v->tape.inputs].access = STRIDED;
}

static int32_t conv_pack_chunks(const struct conv *v) { return v->depthwise ? 1 : v->window.groups * v->tiles; }
static int32_t conv_chunks(const struct conv *v) {
  return v->window.images * v->window.groups * v->strips * v->parts[0] * v->parts[1];
}

/** The weights of a tile of features, as tasks read them one after the other. */
static void conv_pack_chunk(const struct conv *v, int32_t chunk) {
  const struct window *w = &v->window;
  if (v->depthwise) {
    float *at = v->packed;
    for (int32_t y = 0; y < w->taps[0]; y++)
      for (int32_t x = 0; x < w->taps[1]; x++)
        for (int32_t c = 0; c < w->channels; c++)
          *at++ = v->weights[y * v->tap_step[0] + x * v->tap_step[1] + c * v->group_step];
    return;
  }
  int32_t group = chunk / v->tiles, column = chunk % v->tiles * COLUMN_TILE, blocks = divide_up(w->width, v->most.channels);
  const float *from = v->weights + group * v->group_step + column * v->feature_step;
  float *to = v->packed + (ptrdiff_t)chunk * v->depth * COLUMN_TILE;
  for (int32_t block = 0; block < blocks; block++) {
    int32_t channel = block * v->most.channels, channels = least(v->most.channels, w->width - channel);
    for (int32_t y = 0; y < w->taps[0]; y++)
      for (int32_t x = 0; x < w->taps[1]; x++, to += channels * COLUMN_TILE)
        pack_columns(least(COLUMN_TILE, w->wide - column), channels,
                     from + y * v->tap_step[0] + x * v->tap_step[1] + channel * v->channel_step, v->feature_step,
                     v->channel_step, to);
  }
}

/** One unit of places, n channels. The first of equals is taken, a NaN before all others. */
static void pool_unit(int32_t n, const float *from, ptrdiff_t line, ptrdiff_t row, const int32_t *unit, float *largest, int32_t *taps) {
  for (int32_t i = 0; i < n; i += VW) {
    f32v best = load(from + i);
    i32v at = splat_int(0);
    for (int32_t ky = 0; ky < unit[0]; ky++)
      for (int32_t kx = ky == 0; kx < unit[1]; kx++) {
        f32v x = load(from + ky * line + kx * row + i);
        if (taps) {
          i32v wins = (x > best) | ((x != x) & (best == best));
          at = (i32v)choose(wins, (f32v)splat_int(ky * unit[1] + kx), (f32v)at);
        }
        best = maximum(best, x);
      }
    if (n - i >= VW) {
      store(largest + i, best);
      if (taps) store(taps + i, (f32v)at);
    } else {
      store_some(largest + i, best, n - i);
      if (taps) store_some((float *)taps + i, (f32v)at, n - i);
    }
  }
}

/** A task: its piece of the images, its tiles of features, and where its results go. */
struct conv_task {
  struct piece piece;
  int32_t first_tile, features_in_all, columns; /* of the open features alone */
  struct open_runs channels, features; /* that are open; the features only where there are gates */
  int32_t segments;
  struct segment segment[OPEN_SEGMENTS];
  float *c;
  ptrdiff_t c_row, c_line; /* from place to place, and from row of places to row */
  struct source source;
  struct runs runs;
  int32_t run; /* depths of a run */
  const float *b; /* weights of the slab at hand, `b_tile` from tile to tile */
  ptrdiff_t b_tile;
  int add;
};

/** The places of a row by one slab: the runs at hand. */
static void multiply_places(const struct conv *v, struct conv_task *t, int32_t row) {
  const struct window *w = &v->window;
  const struct piece *p = &t->piece;
  int32_t panels = divide_up(p->places[1], ROW_TILE), depth = t->runs.count * t->run;
  const float *a = t->source.at + row * w->step[0] * t->source.row;
  float *c = t->c + row * t->c_line;
  ptrdiff_t a_row = w->step[1] * t->source.pixel;
  for (int32_t i = 0; i < panels; i++) {
    int32_t first = cut(p->places[1], panels, i), height = cut(p->places[1], panels, i + 1) - first;
    struct block block = {.depth = t->run, .a = a + first * a_row, .a_row = a_row, .c_row = t->c_row, .add = t->add};
    if (!FETCHES) {
      /* Where an address costs an instruction, what all tiles read is packed. */
      for (int32_t s = 0; s < t->runs.count; s++)
        pack_rows[height - 1](t->run, block.a + t->runs.at[s], a_row, 1, v->panel + s * t->run * height);
      block.a = v->panel, block.a_row = 1, block.a_step = height, block.depth = depth;
    }
    for (int32_t tile = 0, column = 0; column < t->columns; tile++, column += COLUMN_TILE) {
      int narrow = is_narrow(t->columns - column);
      block.b = t->b + tile * t->b_tile;
      block.b_step = COLUMN_TILE;
      block.c = c + first * t->c_row + column;
      if (FETCHES) across_kernels[narrow][height - 1](&block, &t->runs);
      else packed_kernels[narrow][height - 1](&block);
    }
  }
}

/** Runs [from, from + count) of the weights that meet open channels, those of open features brought together. `at` is where the piece's begin. */
static void gather_slab(const struct conv *v, struct conv_task *t, int32_t at, int32_t from) {
  const struct open_runs *channels = &t->channels;
  int32_t depth = t->runs.count * t->run, taps = t->run / channels->total;
  for (int32_t k = 0; k < t->segments; k++) {
    const struct segment *s = &t->segment[k];
    const float *weights = v->packed + ((ptrdiff_t)(t->first_tile + s->from_tile) * v->depth + at) * COLUMN_TILE + s->from_lane;
    float *to = v->slab + (ptrdiff_t)s->to_tile * depth * COLUMN_TILE + s->to_lane;
    for (int32_t tap = from * taps; tap < (from + t->runs.count) * taps; tap++)
      for (int32_t r = 0; r < channels->count; to += channels->length[r++] * COLUMN_TILE)
        copy_segment(s->length, channels->length[r],
                     weights + (ptrdiff_t)(tap * t->piece.channels + channels->first[r]) * COLUMN_TILE, COLUMN_TILE, to);
  }
  if (t->columns % COLUMN_TILE > 0)
    clear_lanes(t->columns % COLUMN_TILE, depth, v->slab + (ptrdiff_t)(t->columns / COLUMN_TILE) * depth * COLUMN_TILE);
  t->b = v->slab;
  t->b_tile = (ptrdiff_t)depth * COLUMN_TILE;
}

/** All places by some channels and some rows of taps, slab by slab. Gives the number of slabs before and with these. */
static int32_t multiply_piece(const struct conv *v, struct conv_task *t, int32_t slab, int is_last) {
  const struct window *w = &v->window;
  const struct piece *p = &t->piece;
  int32_t channels = t->channels.total, depth_of_slab = v->depth_of_slab;
  int gathers = channels < p->channels || t->columns < t->features_in_all;
  if (gathers) depth_of_slab = least(depth_of_slab, OPEN_SLAB_WORDS / round_up(t->columns, COLUMN_TILE));
  t->source = open_piece_of(w, v->images, p, &t->channels, v->tile);
  /* Taps of a row lie one after the other where nothing is between them. */
  int32_t together = w->gap[1] == 1 && t->source.pixel == channels && w->taps[1] * channels <= depth_of_slab ? w->taps[1] : 1;
  int32_t in_row = w->taps[1] / together, runs = p->tap_rows * in_row, limit = most(1, depth_of_slab / (together * channels));
  int32_t at = p->channel * w->taps[0] * w->taps[1] + p->tap_row * w->taps[1] * p->channels;
  t->run = together * channels;
  for (int32_t from = 0; from < runs; from += limit, slab++) {
    t->runs.count = least(limit, runs - from);
    for (int32_t s = 0; s < t->runs.count; s++) {
      int32_t y = (from + s) / in_row, x = (from + s) % in_row * together;
      t->runs.at[s] = (int32_t)(y * w->gap[0] * t->source.row + x * w->gap[1] * t->source.pixel);
    }
    t->add = slab % (v->is_long ? SHORT_SUMS : INT32_MAX) > 0;
    t->b = v->packed + ((ptrdiff_t)(p->group * v->tiles + t->first_tile) * v->depth + at + from * t->run) * COLUMN_TILE;
    t->b_tile = (ptrdiff_t)v->depth * COLUMN_TILE;
    if (gathers) gather_slab(v, t, at, from);
    for (int32_t row = 0; row < p->places[0]; row++) multiply_places(v, t, row);
    int ends = is_last && from + limit >= runs;
    if (v->is_long && (ends || slab % SHORT_SUMS == SHORT_SUMS - 1))
      fold_sums(t->c, v->totals, p->places[0] * (int32_t)t->c_line, slab < SHORT_SUMS, ends);
  }
  return slab;
}

/** Which of a task's features are open. */
static void find_features(const struct conv *v, struct conv_task *t, int32_t first, int32_t columns) {
  t->features_in_all = t->columns = columns;
  if (!v->has_gates) return;
  find_open(&v->open_features, t->piece.image, first, columns, &t->features);
  t->segments = find_segments(&t->features, t->segment);
  t->columns = t->features.total;
}

/** Which channels of a piece are open. Gives whether none of those behind it are. */
static int find_channels(const struct conv *v, struct conv_task *t) {
  const struct piece *p = &t->piece;
  int32_t end = p->channel + p->channels, all = v->window.width;
  if (!v->has_gates) {
    t->channels.total = p->channels;
    return end == all;
  }
  find_open(&v->open_channels, p->image, p->channel, p->channels, &t->channels);
  return !any_open(&v->open_channels, p->image, end, all);
}

/** Results of open features, to where all of them have a place. */
static void spread_results(const struct conv *v, struct conv_task *t, int32_t place, int32_t feature, int plain) {
  const struct piece *p = &t->piece;
  int32_t n = t->features_in_all, row = round_up(n, COLUMN_TILE);
  ptrdiff_t to_row = plain ? v->plain_row : row, line = plain ? v->window.out[1] * to_row : p->places[1] * to_row;
  float *to = plain ? v->plain + (ptrdiff_t)place * v->plain_row + feature : v->result;
  /* From the last: the place that a row goes to may be that of rows behind it. */
  for (int32_t y = p->places[0] - 1; y >= 0; y--)
    for (int32_t x = p->places[1] - 1; x >= 0; x--)
      spread_row(&t->features, n, t->c + y * t->c_line + x * t->c_row, to + y * line + x * to_row);
  if (plain) return;
  t->c_row = row;
  t->c_line = (ptrdiff_t)p->places[1] * row;
}

/** All places by the channels from `first` on, each by itself. */
static void multiply_depthwise(const struct conv *v, struct conv_task *t, int32_t first, int32_t columns) {
  const struct window *w = &v->window;
  struct piece *p = &t->piece;
  for (p->channel = first; p->channel < first + columns; p->channel += v->most.channels) {
    p->channels = least(v->most.channels, first + columns - p->channel);
    for (p->tap_row = 0; p->tap_row < w->taps[0]; p->tap_row += v->most.tap_rows) {
      p->tap_rows = least(v->most.tap_rows, w->taps[0] - p->tap_row);
      struct source source = piece_of(w, v->images, p, v->tile);
      struct depthwise d = {.w = v->packed + (ptrdiff_t)p->tap_row * w->taps[1] * w->channels + p->channel,
                            .place = w->step[1] * source.pixel,
                            .row = w->gap[0] * source.row,
                            .tap = w->gap[1] * source.pixel,
                            .channels = w->channels,
                            .tap_rows = p->tap_rows,
                            .taps = w->taps[1]};
      for (int32_t row = 0; row < p->places[0]; row++) {
        d.x = source.at + row * w->step[0] * source.row;
        depthwise_row(d, p->places[1], p->channels, t->c + row * t->c_line + p->channel - first, t->c_row, p->tap_row > 0);
      }
    }
  }
}

/** The largest of each unit of a task's places, and where it stands. */
static void pool_places(const struct conv *v, const struct conv_task *t, int32_t feature, int32_t columns) {
  const struct piece *p = &t->piece;
  const int32_t *unit = v->unit;
  for (int32_t y = 0; y < p->places[0]; y += unit[0])
    for (int32_t x = 0; x < p->places[1]; x += unit[1]) {
      int32_t row = (p->image * v->units[0] + (p->place[0] + y) / unit[0]) * v->units[1] + (p->place[1] + x) / unit[1];
      ptrdiff_t to = (ptrdiff_t)row * v->window.features + feature;
      const float *from = t->c + y * t->c_line + x * t->c_row;
      pool_unit(columns, from, t->c_line, t->c_row, unit, v->pooled.largest + to, v->pooled.taps ? v->pooled.taps + to : 0);
    }
}

static void conv_chunk(struct conv *v, int32_t chunk) {
  const struct window *w = &v->window;
  struct conv_task t;
  struct piece *p = &t.piece;
  int32_t column = chunk % v->parts[1], row = chunk / v->parts[1] % v->parts[0];
  chunk /= v->parts[0] * v->parts[1];
  int32_t strip = chunk % v->strips;
  p->group = chunk / v->strips % w->groups;
  p->image = chunk / v->strips / w->groups;
  int32_t part[2] = {row, column};
  for (int i = 0; i < 2; i++) {
    p->place[i] = cut(v->units[i], v->parts[i], part[i]) * v->unit[i];
    p->places[i] = cut(v->units[i], v->parts[i], part[i] + 1) * v->unit[i] - p->place[i];
  }
  t.first_tile = cut(v->tiles, v->strips, strip);
  int32_t first = t.first_tile * COLUMN_TILE, columns = least(cut(v->tiles, v->strips, strip + 1) * COLUMN_TILE, w->wide) - first;
  find_features(v, &t, first, columns);
  int32_t place = (p->image * w->out[0] + p->place[0]) * w->out[1] + p->place[1], feature = p->group * w->wide + first;
  int spreads = t.columns < columns, plain = v->plain && !spreads && columns % COLUMN_TILE == 0;
  t.c_row = plain ? v->plain_row : round_up(t.columns, COLUMN_TILE);
  t.c_line = (plain ? w->out[1] : p->places[1]) * t.c_row;
  t.c = plain ? v->plain + place * v->plain_row + feature : v->result;
  int32_t slab = v->depthwise;
  if (v->depthwise) multiply_depthwise(v, &t, first, columns);
  for (p->channel = 0; !v->depthwise && t.columns > 0 && p->channel < w->width; p->channel += v->most.channels) {
    p->channels = least(v->most.channels, w->width - p->channel);
    int is_last_block = find_channels(v, &t);
    if (t.channels.total == 0) continue;
    for (p->tap_row = 0; p->tap_row < w->taps[0]; p->tap_row += v->most.tap_rows) {
      p->tap_rows = least(v->most.tap_rows, w->taps[0] - p->tap_row);
      int last = is_last_block && p->tap_row + p->tap_rows == w->taps[0];
      slab = multiply_piece(v, &t, slab, last);
    }
  }
  if (slab == 0) { /* nothing meets what is open */
    for (int32_t i = 0; i < p->places[0]; i++)
      for (int32_t j = 0; j < p->places[1]; j++) clear(t.c + i * t.c_line + j * t.c_row, t.columns);
  }
  if (spreads) spread_results(v, &t, place, feature, v->plain != 0);
  if (plain || (spreads && v->plain)) return;
  int whole = p->places[1] == w->out[1];
  for (int32_t y = 0; y < (whole ? 1 : p->places[0]); y++) {
    int32_t from = place + y * w->out[1], of_image = v->has_gates ? from - p->image * w->out[0] * w->out[1] : from;
    int32_t rows = whole ? p->places[0] * p->places[1] : p->places[1];
    float *result = t.c + y * t.c_line;
    place_result(&v->tape, 0, result, (int32_t)t.c_row, of_image, feature);
    if (v->pooled.largest) place_result(&v->tape, v->tape.inputs, result, (int32_t)t.c_row, of_image, feature);
    run_tape(&v->tape, from, rows, feature, columns);
  }
  if (v->pooled.largest) pool_places(v, &t, feature, columns);
}
