/*
 * What the native add-on sees of the kernels: one table for each instruction set that engine.c was compiled for, with
 * -DKERNELS=kernels_NAME and -DKERNELS_NAME="NAME".
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct control;

struct kernels {
  const char *name;
  int has_amx; /* compiled in; whether the processor has it is another question */
  size_t control_bytes;
  int32_t (*scratch_bytes)(void);
  void (*set_scratch)(struct control *, int32_t thread, uint32_t *scratch);
  int32_t (*run)(struct control *, const int32_t *program, void *const *bases, int32_t threads, int32_t flags);
  void (*work)(struct control *, int32_t thread);
  void (*stop_workers)(struct control *);
  int32_t (*workers_ready)(struct control *);
  const int32_t *(*status)(struct control *);
  int32_t (*gemm_scratch_words)(int32_t m, int32_t n, int32_t k);
  void (*philox)(const uint32_t *counter, const uint32_t *key, uint32_t *out);
  double (*peak_fma)(int32_t n);
  double (*peak_muladd)(int32_t n);
};

#if defined(KERNELS)
#include "peak.h"
#include "program.h"

static void set_scratch(struct control *control, int32_t thread, uint32_t *scratch) {
  if (thread >= 0 && thread < MAX_THREADS) control->scratch[thread] = scratch;
}
static const int32_t *status(struct control *control) { return control->status; }

extern const struct kernels KERNELS;
const struct kernels KERNELS = {
    .name = KERNELS_NAME,
    .has_amx = HAS_AMX,
    .control_bytes = sizeof(struct control),
    .scratch_bytes = scratch_bytes,
    .set_scratch = set_scratch,
    .run = run,
    .work = work,
    .stop_workers = stop_workers,
    .workers_ready = ready,
    .status = status,
    .gemm_scratch_words = gemm_scratch_words,
    .philox = philox,
    .peak_fma = peak_fma,
    .peak_muladd = peak_muladd,
};
#endif
