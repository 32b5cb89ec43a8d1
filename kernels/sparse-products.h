/*
 * Products of rows that are 0 almost everywhere: rows of B that meet 0 alone are not read. Included by products.h.
 */
#pragma once

/** Lists where a row is not 0, at most `most` of it; gives how often that is, or more than `most`. */
static int32_t list_open(int32_t n, const float *a, ptrdiff_t step, int32_t *list, int32_t most) {
  int32_t count = 0, k = 0;
  for (; step == 1 && k + VW <= n; k += VW) {
    uint32_t open = lane_bits(load(a + k) != 0.0f);
    if (open && count + VW > most) break;
    for (; open; open &= open - 1) list[count++] = k + __builtin_ctz(open);
  }
  for (; k < n && count <= most; k++)
    if (a[k * step] != 0) {
      if (count < most) list[count] = k;
      count++;
    }
  return count;
}

static int is_whole(const struct product *p, int32_t r) { return p->whole >> r & 1; }

/** Copies the rows that are taken whole to `room`, unless they are all there are, or have no room. */
static void gather_whole(struct product *p, int32_t row, int32_t rows, float *room, int32_t words) {
  int32_t n = __builtin_popcountll(p->whole);
  if (n == 0 || n == rows || n * p->k > words) return;
  p->gathered = room;
  for (int32_t r = 0; r < rows; r++)
    if (is_whole(p, r)) {
      const float *a = p->a + (row + r) * p->a_row;
      for (int32_t k = 0; k < p->k; k++) *room++ = a[k * p->a_column];
    }
}

/** Lists where each row is not 0, or that it is taken whole. */
static void list_rows(struct product *p, int32_t row, int32_t rows, int32_t *room, int32_t words) {
  p->counts = room;
  p->lists = room + rows;
  p->room = p->b_row ? least(p->k, words / 2 / rows - 1) : 0;
  int32_t most_open = p->b_row ? least(p->room, rows > FEW_ROWS ? p->k / SPARSE_SHARE : p->k) : 0;
  for (int32_t r = 0; r < rows; r++) {
    const float *a = p->a + (row + r) * p->a_row;
    int32_t n = p->counts[r] = list_open(p->k, a, p->a_column, p->lists + r * p->room, most_open);
    p->whole |= (uint64_t)(n > most_open) << r;
  }
  int32_t used = rows * (1 + p->room);
  gather_whole(p, row, rows, (float *)room + used, words - used);
}

/** Lists the rows of the i-th product, or takes over what was found for another product of the same rows. */
static void list_left(struct products *p, int32_t i, int32_t row, int32_t rows, int32_t words) {
  struct product *one = &p->product[i];
  for (int32_t j = 0; j < i; j++) {
    const struct product *other = &p->product[j];
    if (!other->sparse || !same_left(one, other) || !one->b_row != !other->b_row) continue;
    one->counts = other->counts;
    one->lists = other->lists;
    one->room = other->room;
    one->whole = other->whole;
    one->gathered = other->gathered;
    return;
  }
  list_rows(one, row, rows, p->lists + i * words, words);
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

/** Whether all of a row of results is finite. */
static int is_finite_row(const float *c, int32_t n) {
  float total = 0;
  for (int32_t i = 0; i < n; i++) total += c[i] * 0;
  return total == 0;
}

/** A number of a matrix. */
static const float *number_of(const struct product *p, int32_t k, int32_t column) {
  if (p->b_row) return p->b + k * p->b_row + column;
  int32_t within = column % COLUMN_TILE;
  return p->b + (ptrdiff_t)(column - within) * p->k + (ptrdiff_t)k * COLUMN_TILE + within;
}

/** One row of a sparse product that was taken whole, again without what meets 0, which may not be finite. Rounded as in the other ways. */
NOINLINE void resum_row(const struct product *p, int32_t row, int32_t column, int32_t columns, float *c) {
  const float *a = p->a + row * p->a_row;
  for (int32_t j = 0; j < columns; j++) {
    float total = 0;
    for (int32_t depth = 0; depth < p->k; depth += DEPTH_BLOCK) {
      float sum = 0;
      for (int32_t k = depth; k < least(p->k, depth + DEPTH_BLOCK); k++)
        if (a[k * p->a_column] != 0) sum = muladd_one(a[k * p->a_column], *number_of(p, k, column + j), sum);
      total = depth ? total + sum : sum;
    }
    c[j] = total;
  }
}

/** Rows of a sparse product that are taken whole: those that were gathered together, others with their neighbours. */
static void multiply_whole(const struct product *p, int32_t row, int32_t rows, int32_t column, int32_t columns, float *c,
                           ptrdiff_t c_row, float *tail) {
  if (p->gathered) {
    struct product near = *p;
    near.a = p->gathered;
    near.a_row = p->k;
    near.a_column = 1;
    int32_t i = __builtin_popcountll(p->whole);
    multiply_rows(&near, 0, i, column, columns, c, c_row, tail);
    /* None comes before the place where it was gathered: from the last on, each goes to a row that is free. */
    for (int32_t r = rows - 1; r >= 0; r--)
      if (is_whole(p, r) && --i != r)
        for (int32_t j = 0; j < columns; j++) c[r * c_row + j] = c[i * c_row + j];
  } else {
    for (int32_t r = 0, next; r < rows; r = next + 1) {
      for (next = r; next < rows && is_whole(p, next);) next++;
      if (next > r) multiply_rows(p, row + r, next - r, column, columns, c + r * c_row, c_row, tail);
    }
  }
  for (int32_t r = 0; r < rows; r++)
    if (is_whole(p, r) && !is_finite_row(c + r * c_row, columns)) resum_row(p, row + r, column, columns, c + r * c_row);
}

/** A sparse product. */
static void multiply_sparse(const struct product *p, int32_t row, int32_t rows, int32_t column, int32_t columns, float *c,
                            ptrdiff_t c_row, float *tail) {
  multiply_whole(p, row, rows, column, columns, c, c_row, tail);
  for (int32_t r = 0; r < rows; r++)
    if (!is_whole(p, r)) multiply_listed(p, row, r, column, columns, c + r * c_row);
}
