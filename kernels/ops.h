/* The ops of a tape, each a loop over the rows of a tile, whose length has been rounded up to whole vectors. */
#pragma once
#include "codes.h"
#include "math.h"

INLINE f32v sign_of(f32v x) {
  i32v sign = to_float_mask(x > 0.0f) | ((x < 0.0f) & (i32v)ALL(-1.0f));
  return choose(x == x, (f32v)sign, x);
}

INLINE f32v as_float(i32v mask) { return (f32v)to_float_mask(mask); }
INLINE i32v choose_int(i32v mask, i32v a, i32v b) { return (mask & a) | (~mask & b); }

/** A register on a tile: where its first row is and how far apart rows are (0: all rows are one). */
struct lanes {
  float *at;
  int32_t row;
};

/*
 * Integers wrap around: sums, differences and products are formed unsigned. In pairs, two vectors share the
 * constants, and one's instructions fill the time in which the other's wait for each other.
 */
#define EACH(CODE, RESULT)                                                                \
  case CODE:                                                                              \
    for (int32_t r = 0; r < rows; r++, dst += to.row, a += x.row, b += y.row, c += z.row) { \
      int32_t i = 0;                                                                      \
      for (; IN_PAIRS && i + VW < n; i += VW) {                                           \
        f32v first = (f32v)(RESULT);                                                      \
        i += VW;                                                                          \
        f32v second = (f32v)(RESULT);                                                     \
        store(dst + i - VW, first);                                                       \
        store(dst + i, second);                                                           \
      }                                                                                   \
      for (; i < n; i += VW) store(dst + i, (f32v)(RESULT));                              \
    }                                                                                     \
    break;
#define X load(a + i)
#define Y load(b + i)
#define Z load(c + i)
#define IX load_int(a + i)
#define IY load_int(b + i)
#define UX (u32v) IX
#define UY (u32v) IY
#define WITH_X(RESULT) ({ f32v p = X; (f32v)(RESULT); })
#define WITH_IX(RESULT) ({ i32v p = IX; (f32v)(RESULT); })
#define WITH_IXY(RESULT) ({ i32v p = IX, q = IY; (f32v)(RESULT); })

NOINLINE void run_op(int32_t code, int32_t rows, int32_t n, struct lanes to, struct lanes x, struct lanes y, struct lanes z) {
  float *dst = to.at;
  const float *a = x.at, *b = y.at, *c = z.at;
  switch (code) {
    EACH(OP_MOVE, X)
    EACH(OP_NEG, -X)
    EACH(OP_ABS, absolute(X))
    EACH(OP_SIGN, sign_of(X))
    EACH(OP_EXP, vector_exp(X))
    EACH(OP_LOG, vector_log(X))
    EACH(OP_LOG1P, vector_log1p(X))
    EACH(OP_SQRT, square_root(X))
    EACH(OP_SIGMOID, vector_sigmoid(X))
    EACH(OP_TANH, vector_tanh(X))
    EACH(OP_SOFTPLUS, vector_softplus(X))
    EACH(OP_RELU, WITH_X((i32v)p & ~(p <= 0.0f)))
    EACH(OP_FLOOR, round_down(X))
    EACH(OP_SIN, vector_sin(X))
    EACH(OP_COS, vector_cos(X))

    EACH(OP_ADD, X + Y)
    EACH(OP_SUB, X - Y)
    EACH(OP_MUL, X * Y)
    EACH(OP_DIV, X / Y)
    EACH(OP_MAX, maximum(X, Y))
    EACH(OP_MIN, minimum(X, Y))
    EACH(OP_EQ, as_float(X == Y))
    EACH(OP_NE, as_float(X != Y))
    EACH(OP_LT, as_float(X < Y))
    EACH(OP_LE, as_float(X <= Y))

    EACH(OP_WHERE, choose(X != 0.0f, Y, Z))
    EACH(OP_MULADD, muladd(X, Y, Z))
    EACH(OP_NEG_MULADD, muladd(-X, Y, Z))

    EACH(OP_I_NEG, -UX)
    EACH(OP_I_ABS, WITH_IX(choose_int(p < 0, (i32v)(-(u32v)p), p)))
    EACH(OP_I_ADD, UX + UY)
    EACH(OP_I_SUB, UX - UY)
    EACH(OP_I_MUL, UX * UY)
    EACH(OP_I_MAX, WITH_IXY(choose_int(p > q, p, q)))
    EACH(OP_I_MIN, WITH_IXY(choose_int(p < q, p, q)))
    EACH(OP_I_EQ, as_float(IX == IY))
    EACH(OP_I_NE, as_float(IX != IY))
    EACH(OP_I_LT, as_float(IX < IY))
    EACH(OP_I_LE, as_float(IX <= IY))
    EACH(OP_I_SIGN, WITH_IX((p < 0) - (p > 0)))

    EACH(OP_TO_FLOAT, __builtin_convertvector(IX, f32v))
    EACH(OP_TO_INT, truncate(X))
  }
}

#undef EACH
#undef X
#undef Y
#undef Z
#undef IX
#undef IY
#undef UX
#undef UY
#undef WITH_X
#undef WITH_IX
#undef WITH_IXY

/*
 * A state that decays from step to step becomes a subnormal number and stays one, as half the smallest number rounds to itself; each costs a hundred times as
 * much as another. Where the processor can't be told to make them 0, what arithmetic in a loop gives is cleared of them here.
 */
#ifdef __wasm__
#define KEEPS_SUBNORMALS 1
#else
#define KEEPS_SUBNORMALS 0
#endif

static void clear_subnormals(int32_t rows, int32_t n, struct lanes of) {
  for (int32_t r = 0; r < rows; r++)
    for (int32_t i = 0; i < n; i += VW) {
      float *at = of.at + r * of.row + i;
      f32v x = load(at);
      store(at, (f32v)((i32v)x & ~(absolute(x) < FLT_MIN)));
    }
}

static int is_arithmetic(int32_t code) { return (code >= OP_ADD && code <= OP_DIV) || code == OP_MULADD || code == OP_NEG_MULADD; }
