/*
 * Products of rows that are 0 almost everywhere: rows of B that meet 0 alone are not read. Included by products.h.
 */
#pragma once

/** Lists where each of a few rows is not 0. */
static void list_rows(struct product *p, int32_t row, int32_t rows, int32_t *room, int32_t words) {
  p->counts = room;
  p->lists = room + rows;
  p->room = least(p->k, words / rows - 1);
  p->skips = 1;
  int32_t most_open = least(p->room, p->k / 2);
  for (int32_t r = 0; r < rows; r++) {
    const float *a = p->a + (row + r) * p->a_row;
    int32_t *list = p->lists + r * p->room, n = 0;
    for (int32_t k = 0; k < p->k && n <= most_open; k++)
      if (a[k * p->a_column] != 0) {
        if (n < most_open) list[n] = k;
        n++;
      }
    p->counts[r] = n;
    p->whole |= (uint64_t)(n > most_open) << r;
  }
}

/** Marks in `open` where a row is not 0, and gives how often that is. */
static int32_t mark_open(int32_t n, const float *restrict a, uint64_t bit, uint64_t *restrict open) {
  int64_t count = 0;
  for (int32_t k = 0; k < n; k++) {
    open[k] |= a[k] != 0 ? bit : 0;
    count += a[k] != 0;
  }
  return (int32_t)count;
}

/** Lists which k are not 0 in some of the rows, and marks in which. */
static void list_columns(struct product *p, int32_t row, int32_t rows, int32_t *room, int32_t words) {
  if (rows > 64 || 3 * p->k + 4 > words || p->a_column != 1) return;
  p->counts = room;
  p->open = (uint64_t *)((uintptr_t)(room + 4) & ~(uintptr_t)7);
  p->lists = (int32_t *)(p->open + p->k);
  p->skips = 1;
  int32_t n = 0;
  for (int32_t k = 0; k < p->k; k++) p->open[k] = 0;
  for (int32_t r = 0; r < rows; r++) {
    int32_t open = mark_open(p->k, p->a + (row + r) * p->a_row, (uint64_t)1 << r, p->open);
    p->whole |= (uint64_t)((int64_t)open * SPARSE_SHARE > p->k) << r;
  }
  for (int32_t k = 0; k < p->k; k++)
    if (p->open[k] &= ~p->whole) p->lists[n++] = k;
  p->counts[0] = n;
}

/** a·b + c of single numbers, rounded as a vector's lanes are. */
static float muladd_one(float a, float b, float c) { return muladd(splat(a), splat(b), splat(c))[0]; }

/** c[j] (+)= Σ over the list of a[k] b[k, j], for some vectors of columns. */
INLINE void add_listed(const int vectors, const struct product *p, const float *a, const int32_t *list, int32_t count,
                       int32_t column, float *c, int add) {
  f32v sum[OPEN_VECTORS];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) sum[v] = (f32v){};
  for (int32_t i = 0; i < count; i++) {
    const float *b = p->b + list[i] * p->b_row + column;
    f32v factor = broadcast(a + list[i] * p->a_column);
    if (FETCHES && i + 2 < count) {
      const char *next = (const char *)(p->b + list[i + 2] * p->b_row + column);
      for (int v = 0; v < vectors * VW * 4; v += CACHE_LINE) __builtin_prefetch(next + v, 0, 3);
    }
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) sum[v] = muladd(factor, load(b + v * VW), sum[v]);
  }
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) store(c + v * VW, add ? load(c + v * VW) + sum[v] : sum[v]);
}

/** One row of a product whose list is known. Sums are cut where those of all k are: at multiples of DEPTH_BLOCK. */
static void multiply_listed(const struct product *p, int32_t row, int32_t r, int32_t column, int32_t columns, float *c) {
  const float *a = p->a + (row + r) * p->a_row;
  const int32_t *list = p->lists + r * p->room;
  int32_t left = p->counts[r];
  for (int32_t depth = 0, n; depth < p->k; depth += DEPTH_BLOCK, list += n, left -= n) {
    for (n = 0; n < left && list[n] < depth + DEPTH_BLOCK;) n++;
    int32_t j = 0;
    for (; j + OPEN_VECTORS * VW <= columns; j += OPEN_VECTORS * VW)
      add_listed(OPEN_VECTORS, p, a, list, n, column + j, c + j, depth > 0);
    for (; j + VW <= columns; j += VW) add_listed(1, p, a, list, n, column + j, c + j, depth > 0);
    for (; j < columns; j++) {
      float sum = 0;
      for (int32_t i = 0; i < n; i++) sum = muladd_one(a[list[i] * p->a_column], p->b[list[i] * p->b_row + column + j], sum);
      c[j] = depth > 0 ? c[j] + sum : sum;
    }
  }
}

/** c[r, j] += a[r, k] b[k, j] for the rows r that are marked, of some vectors of columns. */
INLINE void add_to_marked(const int vectors, const float *a, ptrdiff_t a_row, uint64_t rows, const float *b, float *c,
                          ptrdiff_t c_row) {
  f32v right[OPEN_VECTORS];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) right[v] = load(b + v * VW);
  for (; rows; rows &= rows - 1) {
    int32_t r = __builtin_ctzll(rows);
    f32v factor = broadcast(a + r * a_row);
    float *sum = c + r * c_row;
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) store(sum + v * VW, muladd(factor, right[v], load(sum + v * VW)));
  }
}

/** Rows of a product by the rows of b that meet something, each read once. `part` has room for the sums over a later block of k. */
static void multiply_marked(const struct product *p, int32_t row, int32_t rows, int32_t column, int32_t columns, float *c,
                            ptrdiff_t c_row, float *part) {
  const float *a = p->a + row * p->a_row;
  const int32_t *list = p->lists;
  int32_t left = p->counts[0];
  for (int32_t depth = 0, n; depth < p->k; depth += DEPTH_BLOCK, list += n, left -= n) {
    for (n = 0; n < left && list[n] < depth + DEPTH_BLOCK;) n++;
    for (int32_t j = 0, width; j < columns; j += width) {
      width = least(OPEN_VECTORS * VW, columns - j);
      float *to = depth ? part : c + j;
      ptrdiff_t to_row = depth ? OPEN_VECTORS * VW : c_row;
      for (int32_t r = 0; r < rows; r++)
        for (int32_t i = 0; i < width; i++) to[r * to_row + i] = 0;
      for (int32_t i = 0; i < n; i++) {
        int32_t k = list[i];
        const float *b = p->b + k * p->b_row + column + j, *left_factor = a + k * p->a_column;
        if (FETCHES && i + 4 < n) {
          const char *next = (const char *)(b + (list[i + 4] - k) * p->b_row);
          for (int32_t byte = 0; byte < width * 4; byte += CACHE_LINE) __builtin_prefetch(next + byte, 0, 3);
        }
        if (width == OPEN_VECTORS * VW) {
          add_to_marked(OPEN_VECTORS, left_factor, p->a_row, p->open[k], b, to, to_row);
          continue;
        }
        int32_t v = 0;
        for (; v + VW <= width; v += VW) add_to_marked(1, left_factor, p->a_row, p->open[k], b + v, to + v, to_row);
        if (v == width) continue;
        float last[VW] = {0};
        for (int32_t q = v; q < width; q++) last[q - v] = b[q];
        add_to_marked(1, left_factor, p->a_row, p->open[k], last, to + v, to_row);
      }
      for (int32_t r = 0; depth && r < rows; r++)
        for (int32_t i = 0; i < width; i++) c[r * c_row + j + i] += part[r * to_row + i];
    }
  }
}

/** Whether all of a row of results is finite. */
static int is_finite_row(const float *c, int32_t n) {
  float total = 0;
  for (int32_t i = 0; i < n; i++) total += c[i] * 0;
  return total == 0;
}

/** One row of a sparse product that was taken whole, again without what meets 0, which may not be finite. Rounded as in the other ways. */
NOINLINE void resum_row(const struct product *p, int32_t row, int32_t column, int32_t columns, float *c) {
  const float *a = p->a + row * p->a_row;
  for (int32_t j = 0; j < columns; j++) {
    float total = 0;
    for (int32_t depth = 0; depth < p->k; depth += DEPTH_BLOCK) {
      float sum = 0;
      for (int32_t k = depth; k < least(p->k, depth + DEPTH_BLOCK); k++)
        if (a[k * p->a_column] != 0) sum = muladd_one(a[k * p->a_column], p->b[k * p->b_row + column + j], sum);
      total = depth ? total + sum : sum;
    }
    c[j] = total;
  }
}

/** Some rows of a sparse product, all of whose numbers are taken. */
static void multiply_whole(const struct product *p, int32_t row, int32_t rows, int32_t column, int32_t columns, float *c,
                           ptrdiff_t c_row, float *tail) {
  multiply_rows(p, row, rows, column, columns, c, c_row, tail);
  for (int32_t r = 0; r < rows; r++)
    if (!is_finite_row(c + r * c_row, columns)) resum_row(p, row + r, column, columns, c + r * c_row);
}

/** A sparse product. Rows that are taken whole go together with their neighbours. */
static void multiply_sparse(const struct product *p, int32_t row, int32_t rows, int32_t column, int32_t columns, float *c,
                            ptrdiff_t c_row, float *tail) {
  if (!p->skips) {
    multiply_whole(p, row, rows, column, columns, c, c_row, tail);
    return;
  }
  if (p->open) multiply_marked(p, row, rows, column, columns, c, c_row, tail);
  for (int32_t r = 0, next; r < rows; r = next) {
    for (next = r; next < rows && p->whole >> next & 1;) next++;
    if (next > r) multiply_whole(p, row + r, next - r, column, columns, c + r * c_row, c_row, tail);
    else if (p->open) next++;
    else multiply_listed(p, row, r, column, columns, c + r * c_row), next++;
  }
}
