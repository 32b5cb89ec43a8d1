/* The functions of the wasm modules: kernels/README.md lists them. */
#pragma once
#include "peak.h"
#include "program.h"

#define EXPORT(name, result) __attribute__((export_name(#name))) result wasm_##name

static struct control the_control;

EXPORT(dispatch, int32_t)(const int32_t *program, void *const *bases, int32_t threads, int32_t flags) {
  return run(&the_control, program, bases, threads, flags);
}
#if THREADS
EXPORT(worker_main, void)(int32_t thread) { work(&the_control, thread); }
#endif
EXPORT(workers_ready, int32_t)(void) { return ready(&the_control); }
EXPORT(status_pointer, int32_t *)(void) { return the_control.status; }
EXPORT(scratch_bytes, int32_t)(void) { return scratch_bytes(); }
EXPORT(set_scratch, void)(int32_t thread, uint32_t *scratch) {
  if (thread >= 0 && thread < MAX_THREADS) the_control.scratch[thread] = scratch;
}
EXPORT(gemm_scratch_words, int32_t)(int32_t m, int32_t n, int32_t k) { return gemm_scratch_words(m, n, k); }
EXPORT(philox, void)(const uint32_t *counter, const uint32_t *key, uint32_t *out) { philox(counter, key, out); }
/** One of the GEMM's kernels by itself, on operands as packing leaves them. Gives the width of its block, 0 where there is none so high. */
EXPORT(multiply, int32_t)(int32_t packed, int32_t height, int32_t depth, const float *a, const float *b, float *c, int32_t add) {
  if (height < 1 || height > ROW_TILE) return 0;
  struct block block = {
      .depth = depth, .a = a, .a_row = 1, .a_step = height, .b = b, .b_step = COLUMN_TILE, .c = c, .c_row = COLUMN_TILE};
  block.add = add;
  (packed ? packed_kernels : loose_kernels)[0][height - 1](&block);
  return COLUMN_TILE;
}
EXPORT(peak_fma, double)(int32_t n) { return peak_fma(n); }
EXPORT(peak_muladd, double)(int32_t n) { return peak_muladd(n); }
