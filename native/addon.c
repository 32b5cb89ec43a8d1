/*
 * The kernels as a Node-API add-on, and nothing more: an engine with its threads, and functions on addresses. Memory belongs to the
 * JavaScript side (ArrayBuffers whose address is asked for once), so that a dispatch passes five numbers. The functions check no
 * arguments: src/backends/native/ is their only caller.
 *
 *   instructionSets() → string[]                  those that this processor can run, the best first
 *   create(instructionSet, threads) → engine      starts threads − 1 workers; undefined where they can't be started
 *   allowAmx(engine) → boolean                    whether it can run with the flag for AMX
 *   dispatch(engine, program, bases, threads, flags) → status
 *   status(engine) → [code, instruction, value]
 *   close(engine)                                 ends the workers and frees all of it; nothing but a second close may follow
 *   address(ArrayBuffer) → number                 asks for large pages where the system has them
 *   workersReady(engine), gemmScratch(engine, m, n, k), peakFma(engine, n), peakMuladd(engine, n)
 *   philox(engine, counter, key, out)
 *   copy(to, from, bytes), fill(to, bytes)        plain memory traffic, to compare with
 */
#define _GNU_SOURCE
#include <node_api.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#include "instruction-sets.h"
#include "subnormal.h"

#define LINE 64
#define LARGE_PAGE (2 << 20)
/* A worker needs little more than the tape and a block of a GEMM on its stack. */
#define STACK_BYTES (1 << 20)

struct engine {
  const struct kernels *kernels;
  struct control *control;
  int32_t threads; /* the caller's thread included */
  void **scratch;
  pthread_t *workers;
};

struct worker_start {
  struct engine *engine;
  int32_t thread;
};

static void *worker(void *argument) {
  struct worker_start start = *(struct worker_start *)argument;
  free(argument);
  flush_subnormals();
  start.engine->kernels->work(start.engine->control, start.thread);
  return 0;
}

static int start_worker(struct engine *engine, int32_t thread) {
  struct worker_start *start = malloc(sizeof *start);
  if (!start) return 0;
  *start = (struct worker_start){engine, thread};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  int failed = pthread_create(&engine->workers[thread], &attributes, worker, start);
  pthread_attr_destroy(&attributes);
  if (failed) free(start);
  return !failed;
}

static void stop_workers(struct engine *engine) {
  if (engine->threads > 1) engine->kernels->stop_workers(engine->control);
  for (int32_t thread = 1; thread < engine->threads; thread++) pthread_join(engine->workers[thread], 0);
  engine->threads = 1;
}

static void *line_aligned(size_t bytes) { return aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE); }

static void free_engine(struct engine *engine, int32_t scratches) {
  if (engine->control) stop_workers(engine);
  for (int32_t thread = 0; engine->scratch && thread < scratches; thread++) free(engine->scratch[thread]);
  free(engine->scratch);
  free(engine->workers);
  free(engine->control);
  free(engine);
}

static struct engine *create_engine(const struct kernels *kernels, int32_t threads) {
  struct engine *engine = calloc(1, sizeof *engine);
  if (!engine) return 0;
  engine->kernels = kernels;
  engine->threads = 1;
  engine->control = line_aligned(kernels->control_bytes);
  engine->scratch = calloc((size_t)threads, sizeof *engine->scratch);
  engine->workers = calloc((size_t)threads, sizeof *engine->workers);
  int fine = engine->control && engine->scratch && engine->workers;
  if (fine) memset(engine->control, 0, kernels->control_bytes);
  for (int32_t thread = 0; fine && thread < threads; thread++) {
    engine->scratch[thread] = line_aligned((size_t)kernels->scratch_bytes());
    fine = engine->scratch[thread] != 0;
    if (fine) kernels->set_scratch(engine->control, thread, engine->scratch[thread]);
  }
  for (; fine && engine->threads < threads; engine->threads++) {
    fine = start_worker(engine, engine->threads);
    if (!fine) break;
  }
  if (fine) return engine;
  free_engine(engine, threads);
  return 0;
}

/* The JavaScript side holds the engine with the number of scratches it was made with. */
struct handle {
  struct engine *engine;
  int32_t scratches;
};

static void finalize(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct handle *handle = data;
  if (handle->engine) free_engine(handle->engine, handle->scratches);
  free(handle);
}

#define MOST_ARGUMENTS 5
struct arguments {
  napi_value value[MOST_ARGUMENTS];
};

static struct arguments arguments_of(napi_env env, napi_callback_info info) {
  struct arguments found = {{0}};
  size_t count = MOST_ARGUMENTS;
  napi_get_cb_info(env, info, &count, found.value, 0, 0);
  return found;
}

static int32_t integer(napi_env env, napi_value value) {
  int32_t number = 0;
  napi_get_value_int32(env, value, &number);
  return number;
}

static void *pointer(napi_env env, napi_value value) {
  double number = 0;
  napi_get_value_double(env, value, &number);
  return (void *)(uintptr_t)number;
}

static struct engine *engine_of(napi_env env, napi_value value) {
  void *data = 0;
  napi_get_value_external(env, value, &data);
  return ((struct handle *)data)->engine;
}

static napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

static napi_value instruction_sets(napi_env env, napi_callback_info info) {
  (void)info;
  const struct kernels *found[MOST_SETS];
  int count = supported_sets(found);
  napi_value names, name;
  napi_create_array(env, &names);
  for (int i = 0; i < count; i++) {
    napi_create_string_utf8(env, found[i]->name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, (uint32_t)i, name);
  }
  return names;
}

static napi_value create(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  char name[32] = "";
  napi_get_value_string_utf8(env, given.value[0], name, sizeof name, 0);
  int32_t threads = integer(env, given.value[1]);
  const struct kernels *found[MOST_SETS];
  int count = supported_sets(found);
  for (int i = 0; i < count; i++) {
    if (strcmp(found[i]->name, name) != 0) continue;
    struct handle *handle = malloc(sizeof *handle);
    if (!handle) return 0;
    *handle = (struct handle){create_engine(found[i], threads), threads};
    napi_value result;
    if (handle->engine && napi_create_external(env, handle, finalize, 0, &result) == napi_ok) return result;
    if (handle->engine) free_engine(handle->engine, threads);
    free(handle);
  }
  return 0;
}

static napi_value allow_amx_for(napi_env env, napi_callback_info info) {
  const struct kernels *kernels = engine_of(env, arguments_of(env, info).value[0])->kernels;
  napi_value result;
  napi_get_boolean(env, kernels->has_amx && allow_amx(), &result);
  return result;
}

static napi_value dispatch(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  struct engine *engine = engine_of(env, given.value[0]);
  const int32_t *program = pointer(env, given.value[1]);
  void *const *bases = pointer(env, given.value[2]);
  int32_t threads = integer(env, given.value[3]), flags = integer(env, given.value[4]);
  uint64_t mode = flush_subnormals(); /* JavaScript, on the same thread, computes with them */
  int32_t code = engine->kernels->run(engine->control, program, bases, threads, flags);
  restore_mode(mode);
  return number(env, code);
}

static napi_value status(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  struct engine *engine = engine_of(env, given.value[0]);
  const int32_t *words = engine->kernels->status(engine->control);
  napi_value result;
  napi_create_array(env, &result);
  for (uint32_t i = 0; i < 3; i++) napi_set_element(env, result, i, number(env, words[i]));
  return result;
}

static napi_value close_engine(napi_env env, napi_callback_info info) {
  void *data = 0;
  napi_get_value_external(env, arguments_of(env, info).value[0], &data);
  struct handle *handle = data;
  if (handle->engine) free_engine(handle->engine, handle->scratches);
  handle->engine = 0;
  return 0;
}

static napi_value address(napi_env env, napi_callback_info info) {
  void *data = 0;
  size_t bytes = 0;
  napi_get_arraybuffer_info(env, arguments_of(env, info).value[0], &data, &bytes);
#if defined(MADV_HUGEPAGE)
  uintptr_t start = ((uintptr_t)data + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1);
  uintptr_t end = ((uintptr_t)data + bytes) & ~(uintptr_t)(LARGE_PAGE - 1);
  if (end > start) madvise((void *)start, end - start, MADV_HUGEPAGE);
#endif
  return number(env, (double)(uintptr_t)data);
}

static napi_value gemm_scratch(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  const struct kernels *kernels = engine_of(env, given.value[0])->kernels;
  int32_t m = integer(env, given.value[1]), n = integer(env, given.value[2]), k = integer(env, given.value[3]);
  return number(env, kernels->gemm_scratch_words(m, n, k));
}

static napi_value workers_ready(napi_env env, napi_callback_info info) {
  struct engine *engine = engine_of(env, arguments_of(env, info).value[0]);
  return number(env, engine->kernels->workers_ready(engine->control));
}

static napi_value philox(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  engine_of(env, given.value[0])
      ->kernels->philox(pointer(env, given.value[1]), pointer(env, given.value[2]), pointer(env, given.value[3]));
  return 0;
}

static napi_value peak_fma(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  return number(env, engine_of(env, given.value[0])->kernels->peak_fma(integer(env, given.value[1])));
}

static napi_value peak_muladd(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  return number(env, engine_of(env, given.value[0])->kernels->peak_muladd(integer(env, given.value[1])));
}

static napi_value copy(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  memcpy(pointer(env, given.value[0]), pointer(env, given.value[1]), (size_t)pointer(env, given.value[2]));
  return 0;
}

static napi_value fill(napi_env env, napi_callback_info info) {
  struct arguments given = arguments_of(env, info);
  memset(pointer(env, given.value[0]), 0, (size_t)pointer(env, given.value[1]));
  return 0;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"instructionSets", instruction_sets},
      {"create", create},
      {"allowAmx", allow_amx_for},
      {"dispatch", dispatch},
      {"status", status},
      {"close", close_engine},
      {"address", address},
      {"workersReady", workers_ready},
      {"gemmScratch", gemm_scratch},
      {"philox", philox},
      {"peakFma", peak_fma},
      {"peakMuladd", peak_muladd},
      {"copy", copy},
      {"fill", fill},
  };
  for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, 0, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
