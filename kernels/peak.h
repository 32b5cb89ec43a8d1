/* The machine's ceiling: loops that stay in registers, with as many independent sums as a GEMM's block has. */
#pragma once
#include "vector.h"

#define PEAK_SUMS 12

static volatile float peak_sink;

/* x ← x·a + b tends to b / (1 − a) = 1: no denormals, no infinities. */
#define PEAK(NAME, STEP)                                                                         \
  static double NAME(int32_t n) {                                                                \
    f32v sum[PEAK_SUMS], a = splat(0.999f + peak_sink * 0), b = splat(0.001f + peak_sink * 0);   \
    for (int i = 0; i < PEAK_SUMS; i++) sum[i] = splat((float)i);                                \
    for (int32_t k = 0; k < n; k++) {                                                            \
      _Pragma("GCC unroll 16") for (int i = 0; i < PEAK_SUMS; i++) sum[i] = STEP;                \
    }                                                                                            \
    f32v total = {};                                                                             \
    for (int i = 0; i < PEAK_SUMS; i++) total += sum[i];                                         \
    peak_sink = total[0];                                                                        \
    return 2.0 * VW * PEAK_SUMS * n;                                                             \
  }

PEAK(peak_fma, muladd(sum[i], a, b))
PEAK(peak_muladd, sum[i] * a + b)
