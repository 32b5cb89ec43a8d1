/* The program interpreter: every thread walks through the whole program and takes chunks of what is shared. */
#pragma once
#include "blocks-gradient.h"
#include "conv-gradient.h"
#include "conv.h"
#include "elementwise.h"
#include "from-blocks.h"
#include "gemm.h"
#include "index.h"
#include "loop.h"
#include "pairs.h"
#include "pool.h"
#include "select.h"
#include "to-blocks.h"

#define HEADER_WORDS 2
#define FLAG_MAY_BLOCK 1
#define FLAG_BFLOAT16 2
#define FLAG_AMX 4
#define FOLD_COUNTER 0x464f4c44u

union instruction {
  struct elementwise elementwise;
  struct gemm gemm;
  struct reduce reduce;
  struct indexing indexing;
  struct selection selection;
  struct routing routing;
  struct blocks blocks;
  struct pairs pairs;
  struct loop loop;
  struct conv conv;
  struct conv_gradient conv_gradient;
  struct pool pool;
};

_Static_assert(2 * SCATTER_TOTALS <= GEMM_SCRATCH_WORDS, "totals of SCATTER_ADD fit");

static int32_t scratch_bytes(void) {
  return 4 * (TAPE_SCRATCH_WORDS + GEMM_SCRATCH_WORDS) + (int32_t)(REDUCE_PARTIALS * sizeof(union cell));
}

/* Ops on elements of an ELEMENTWISE that is not worth sharing. */
#define SMALL_ELEMENTWISE (6 * CHUNK)

static int is_small(const int32_t *words);

/** Whether a loop is: its rows are one, or few for all they compute, unless it reads much; or its steps are small, one by one. */
static int is_small_loop(const int32_t *words) {
  struct loop l;
  read_loop(&l, words, 0, 1);
  if (l.rows && has_far_matrices(&l)) return 0;
  if (l.rows == 1) return 1;
  int64_t work = 0;
  words = l.body;
  for (int32_t i = 0; i < l.instructions; i++, words += words[1]) {
    if (l.rows == 0 && !is_small(words)) return 0;
    int64_t depth = 0;
    if (words[0] == INSTRUCTION_PRODUCTS)
      for (int32_t k = 0; k < words[4]; k++) depth += words[5 + PRODUCT_WORDS * k];
    work += words[0] == INSTRUCTION_PRODUCTS ? words[2] * words[3] * depth : 0;
  }
  return l.rows == 0 || work * l.length <= SMALL_GEMM;
}

/** Multiply-adds of a window: of a pooling, which has no features, the numbers that it reads. */
static int64_t window_work(const int32_t *words) {
  struct window v;
  read_window(&v, words);
  int64_t places = (int64_t)v.images * v.out[0] * v.out[1], taps = (int64_t)v.taps[0] * v.taps[1];
  return places * taps * v.width * most(1, v.features);
}

/** Whether an instruction is left to thread 0 alone. Depends on its shape only. */
static int is_small(const int32_t *words) {
  const int32_t *p = words + 2;
  int64_t n = 1;
  switch (words[0]) {
    case INSTRUCTION_ELEMENTWISE:
      for (int32_t d = 0; d < p[0]; d++) n *= p[1 + d];
      /* Few ops cost less than moving what another thread wrote from its cache. */
      return n <= CHUNK || (n <= 2 * CHUNK && n * p[1 + p[0] + 5] <= SMALL_ELEMENTWISE);
    case INSTRUCTION_GEMM: return (int64_t)p[0] * p[1] * p[2] * p[3] <= SMALL_GEMM && (int64_t)p[0] * p[1] * p[2] <= CHUNK;
    case INSTRUCTION_REDUCE: return (int64_t)p[2] * p[3] * p[4] <= CHUNK;
    case INSTRUCTION_GATHER: return (int64_t)p[1] * p[2] <= CHUNK;
    case INSTRUCTION_SCATTER_ADD: return ((int64_t)p[0] + p[1]) * p[2] <= 2 * CHUNK;
    case INSTRUCTION_KTH_LARGEST:
    case INSTRUCTION_TOP_K: return (int64_t)p[0] * p[1] <= CHUNK / SELECT_PASSES;
    case INSTRUCTION_ROUTING: return (int64_t)p[0] * p[1] <= CHUNK;
    case INSTRUCTION_TO_BLOCKS:
    case INSTRUCTION_FROM_BLOCKS:
    case INSTRUCTION_BLOCKS_GRADIENT: return (int64_t)p[0] * p[1] * p[2] * p[3] <= SMALL_GEMM;
    case INSTRUCTION_PAIRS: return (int64_t)p[1] * p[2] * p[3] <= CHUNK;
    case INSTRUCTION_LIMITED_ELEMENTWISE:
      for (int32_t d = 0; d < p[3]; d++) n *= p[4 + d];
      return n <= CHUNK;
    case INSTRUCTION_LOOP: return is_small_loop(p);
    case INSTRUCTION_CONV:
    case INSTRUCTION_CONV_GRADIENT: return window_work(p) <= SMALL_GEMM;
    case INSTRUCTION_POOLED_CONV: return window_work(p + 6) <= SMALL_GEMM;
    case INSTRUCTION_OPEN_CONV:
    case INSTRUCTION_OPEN_CONV_GRADIENT: return window_work(p + 2 * GATES_WORDS) <= SMALL_GEMM;
    case INSTRUCTION_POOL: return window_work(p + 1) <= CHUNK;
    default: return 1;
  }
}

static void read_instruction(union instruction *in, const int32_t *words, void *const *bases, int32_t number,
                             const struct member *me) {
  uint32_t *scratch = me->scratch;
  enum precision precision = (enum precision)me->control->precision;
  /* What the threads share while a reduction runs lies in the scratch of thread 0. */
  union cell *partials = (union cell *)(me->control->scratch[0] + TAPE_SCRATCH_WORDS + GEMM_SCRATCH_WORDS);
  switch (words[0]) {
    case INSTRUCTION_ELEMENTWISE: read_elementwise(&in->elementwise, words + 2, INT32_MAX, bases, scratch); break;
    case INSTRUCTION_GEMM: read_gemm(&in->gemm, words + 2, words + 2 + GEMM_WORDS, bases, scratch, precision); break;
    case INSTRUCTION_REDUCE: read_reduce(&in->reduce, words + 2, bases, partials); break;
    case INSTRUCTION_GATHER: read_gather(&in->indexing, words + 2, bases, number, me->control); break;
    case INSTRUCTION_SCATTER_ADD: read_scatter(&in->indexing, words + 2, bases, number, me->control, scratch); break;
    case INSTRUCTION_KTH_LARGEST:
    case INSTRUCTION_TOP_K: read_selection(&in->selection, words + 2, bases); break;
    case INSTRUCTION_ROUTING: read_routing(&in->routing, words + 2, bases); break;
    case INSTRUCTION_TO_BLOCKS: read_to_blocks(&in->blocks, words + 2, bases, scratch, precision); break;
    case INSTRUCTION_FROM_BLOCKS: read_from_blocks(&in->blocks, words + 2, bases, scratch, precision, me->team); break;
    case INSTRUCTION_BLOCKS_GRADIENT: read_blocks_gradient(&in->blocks, words + 2, bases, scratch, precision); break;
    case INSTRUCTION_PAIRS: read_pairs(&in->pairs, words + 2, bases); break;
    case INSTRUCTION_LIMITED_ELEMENTWISE: read_limited(&in->elementwise, words + 2, bases, scratch); break;
    case INSTRUCTION_LOOP: read_loop(&in->loop, words + 2, bases, me->team); break;
    case INSTRUCTION_CONV: read_conv(&in->conv, 0, ONE_PLACE, words + 2, bases, scratch); break;
    case INSTRUCTION_POOLED_CONV: read_pooled_conv(&in->conv, words + 2, bases, scratch); break;
    case INSTRUCTION_OPEN_CONV: read_conv(&in->conv, words + 2, ONE_PLACE, words + 2 + 2 * GATES_WORDS, bases, scratch); break;
    case INSTRUCTION_CONV_GRADIENT: read_conv_gradient(&in->conv_gradient, 0, words + 2, bases, scratch); break;
    case INSTRUCTION_OPEN_CONV_GRADIENT:
      read_conv_gradient(&in->conv_gradient, words + 2, words + 2 + 2 * GATES_WORDS, bases, scratch);
      break;
    case INSTRUCTION_POOL: read_pool(&in->pool, words + 2, bases, scratch); break;
  }
}

/** Chunks of an instruction's first or second phase. */
static int32_t chunk_count(const union instruction *in, int32_t code, int32_t phase) {
  switch (code) {
    case INSTRUCTION_ELEMENTWISE:
    case INSTRUCTION_LIMITED_ELEMENTWISE: return phase == 0 ? elementwise_chunks(&in->elementwise) : 0;
    case INSTRUCTION_GEMM: return phase == 0 ? gemm_pack_chunks(&in->gemm) : gemm_chunks(&in->gemm);
    case INSTRUCTION_REDUCE: return phase == 0 ? reduce_chunks(&in->reduce) : reduce_combine_chunks(&in->reduce);
    case INSTRUCTION_GATHER:
    case INSTRUCTION_SCATTER_ADD: return phase == 0 ? in->indexing.chunks : 0;
    case INSTRUCTION_KTH_LARGEST:
    case INSTRUCTION_TOP_K: return phase == 0 ? selection_chunks(&in->selection) : 0;
    case INSTRUCTION_ROUTING: return in->routing.plan.groups;
    case INSTRUCTION_TO_BLOCKS:
    case INSTRUCTION_FROM_BLOCKS:
    case INSTRUCTION_BLOCKS_GRADIENT:
      if (in->blocks.plan.dense) return phase == 0 ? gemm_pack_chunks(&in->blocks.gemm) : gemm_chunks(&in->blocks.gemm);
      return phase == 0 ? in->blocks.chunks : 0;
    case INSTRUCTION_PAIRS: return phase == 0 ? in->pairs.chunks : 0;
    case INSTRUCTION_LOOP: return phase == 0 ? loop_pack_chunks(&in->loop) : in->loop.strips;
    case INSTRUCTION_CONV:
    case INSTRUCTION_POOLED_CONV:
    case INSTRUCTION_OPEN_CONV: return phase == 0 ? conv_pack_chunks(&in->conv) : conv_chunks(&in->conv);
    case INSTRUCTION_CONV_GRADIENT:
    case INSTRUCTION_OPEN_CONV_GRADIENT:
      return phase == 0 ? gradient_sum_chunks(&in->conv_gradient) : gradient_tape_chunks(&in->conv_gradient);
    case INSTRUCTION_POOL: return phase == 0 ? pool_chunks(&in->pool) : 0;
    default: return 0;
  }
}

static void run_gemm_chunk(struct gemm *g, int32_t phase, int32_t chunk) {
  if (phase == 0) gemm_pack_chunk(g, chunk);
  else gemm_chunk(g, chunk);
}

static void run_blocks_chunk(struct blocks *b, int32_t code, int32_t phase, int32_t chunk) {
  if (b->plan.dense) run_gemm_chunk(&b->gemm, phase, chunk);
  else if (code == INSTRUCTION_TO_BLOCKS) to_blocks_chunk(b, chunk);
  else if (code == INSTRUCTION_FROM_BLOCKS) from_blocks_chunk(b, chunk);
  else blocks_gradient_chunk(b, chunk);
}

static void run_chunk(union instruction *in, int32_t code, int32_t phase, int32_t chunk, uint32_t *scratch) {
  switch (code) {
    case INSTRUCTION_ELEMENTWISE:
    case INSTRUCTION_LIMITED_ELEMENTWISE: elementwise_chunk(&in->elementwise, chunk); break;
    case INSTRUCTION_GEMM: run_gemm_chunk(&in->gemm, phase, chunk); break;
    case INSTRUCTION_REDUCE:
      if (phase == 0) reduce_chunk(&in->reduce, chunk);
      else reduce_combine(&in->reduce);
      break;
    case INSTRUCTION_GATHER: gather_chunk(&in->indexing, chunk); break;
    case INSTRUCTION_SCATTER_ADD: scatter_chunk(&in->indexing, chunk); break;
    case INSTRUCTION_KTH_LARGEST: selection_chunk(&in->selection, chunk); break;
    case INSTRUCTION_TOP_K: top_chunk(&in->selection, chunk); break;
    case INSTRUCTION_ROUTING:
      if (phase == 0) count_chunk(&in->routing, chunk);
      else list_chunk(&in->routing, chunk);
      break;
    case INSTRUCTION_TO_BLOCKS:
    case INSTRUCTION_FROM_BLOCKS:
    case INSTRUCTION_BLOCKS_GRADIENT: run_blocks_chunk(&in->blocks, code, phase, chunk); break;
    case INSTRUCTION_PAIRS: pairs_chunk(&in->pairs, chunk); break;
    case INSTRUCTION_LOOP:
      if (phase == 0) loop_pack_chunk(&in->loop, chunk);
      else loop_strip(&in->loop, chunk, scratch);
      break;
    case INSTRUCTION_CONV:
    case INSTRUCTION_POOLED_CONV:
    case INSTRUCTION_OPEN_CONV:
      if (phase == 0) conv_pack_chunk(&in->conv, chunk);
      else conv_chunk(&in->conv, chunk);
      break;
    case INSTRUCTION_CONV_GRADIENT:
    case INSTRUCTION_OPEN_CONV_GRADIENT:
      if (phase == 0) gradient_sum_chunk(&in->conv_gradient, chunk);
      else gradient_tape_chunk(&in->conv_gradient, chunk);
      break;
    case INSTRUCTION_POOL: pool_chunk(&in->pool, chunk); break;
  }
}

static void fold_key(const int32_t *words, void *const *bases) {
  int32_t count = words[0], key_step = words[1], data_step = words[2];
  const uint32_t *key = locate(bases, words + 3), *data = locate(bases, words + 5);
  uint32_t *to = locate(bases, words + 7);
  for (int32_t i = 0; i < count; i++, key += key_step, data += data_step, to += 2) {
    uint32_t counter[4] = {*data, 0, 0, FOLD_COUNTER}, out[4];
    philox(counter, key, out);
    to[0] = out[0];
    to[1] = out[1];
  }
}

/** Instructions one after the other, and whether anything ran since the last barrier: shared by the threads, or by thread 0 alone. */
struct list {
  const int32_t *words;
  int32_t count, number; /* number of the program's own instruction that they belong to; −1 where they are the program's */
  void *const *bases;
};
struct since_barrier {
  int shared, alone;
};

static void run_list(struct list list, const struct member *me, struct since_barrier *since);

/** A loop over instructions that all threads share, step after step. */
static void run_steps(const int32_t *words, struct list outer, const struct member *me, struct since_barrier *since) {
  void *table[MAX_LOCALS];
  struct loop l;
  read_loop(&l, words + 2, outer.bases, me->team);
  for (int32_t i = 0; i < l.length; i++) {
    point_locals(&l, i, table);
    run_list((struct list){l.body, l.instructions, outer.number, table}, me, since);
  }
}

/** A loop whose steps are not taken for some rows of the batch at a time. */
static int has_shared_steps(const int32_t *words) { return words[0] == INSTRUCTION_LOOP && words[4] == 0; }

static void run_alone(const int32_t *words, struct list list, const struct member *me) {
  union instruction in;
  if (words[0] == INSTRUCTION_FOLD_KEY) {
    fold_key(words + 2, list.bases);
    return;
  }
  struct member one = *me;
  one.team = 1;
  if (has_shared_steps(words)) {
    struct since_barrier since = {0};
    run_steps(words, list, &one, &since);
    return;
  }
  read_instruction(&in, words, list.bases, list.number, &one);
  for (int32_t phase = 0; phase < 2; phase++) {
    int32_t chunks = chunk_count(&in, words[0], phase);
    for (int32_t chunk = 0; chunk < chunks; chunk++) run_chunk(&in, words[0], phase, chunk, me->scratch);
  }
}

/** A barrier stands before whatever is shared, and before what thread 0 does alone if something shared came before. */
static void run_list(struct list list, const struct member *me, struct since_barrier *since) {
  union instruction in;
  const int32_t *words = list.words;
  int is_program = list.number < 0;
  for (int32_t i = 0; i < list.count; i++, words += words[1]) {
    if (is_program) list.number = i;
    if (me->team == 1 || is_small(words)) {
      if (since->shared) barrier(me);
      since->shared = 0;
      since->alone = 1;
      if (me->number == 0) run_alone(words, list, me);
      continue;
    }
    if (has_shared_steps(words)) {
      run_steps(words, list, me, since);
      continue;
    }
    if (since->shared || since->alone) barrier(me);
    *since = (struct since_barrier){0};
    read_instruction(&in, words, list.bases, list.number, me);
    for (int32_t phase = 0; phase < 2; phase++) {
      int32_t chunks = chunk_count(&in, words[0], phase);
      if (chunks == 0) continue;
      if (since->shared) barrier(me);
      if (phase == 1 && words[0] == INSTRUCTION_LOOP && has_far_matrices(&in.loop)) {
        loop_by_columns(&in.loop, me);
        since->shared = 1;
        continue;
      }
      int32_t chunk;
      while ((chunk = claim_chunk(me, chunks)) >= 0) run_chunk(&in, words[0], phase, chunk, me->scratch);
      since->shared = 1;
    }
  }
}

static void run_program(const int32_t *program, void *const *bases, const struct member *me) {
  struct since_barrier since = {0};
  run_list((struct list){program + HEADER_WORDS, program[1], -1, bases}, me, &since);
  barrier(me);
}

/** Number of the first instruction that cannot be what the planner meant, or −1. */
static int32_t find_malformed(const int32_t *program, int *any_shared) {
  int64_t total = HEADER_WORDS;
  const int32_t *words = program + HEADER_WORDS;
  *any_shared = 0;
  for (int32_t number = 0; number < program[1]; number++, words += words[1]) {
    if (total + 2 > program[0] || words[1] < 2) return number;
    total += words[1];
    if (total > program[0] || words[0] < INSTRUCTION_ELEMENTWISE || words[0] > INSTRUCTION_POOLED_CONV || words[0] == INSTRUCTION_PRODUCTS) return number;
    *any_shared |= !is_small(words);
  }
  return -1;
}

/** Runs a program; nothing else may be running on this control block. */
static int32_t run(struct control *control, const int32_t *program, void *const *bases, int32_t threads, int32_t flags) {
  for (int i = 0; i < 4; i++) control->status[i] = 0;
  int any_shared;
  int32_t malformed = find_malformed(program, &any_shared);
  if (malformed >= 0) {
    report(control, ERROR_PROGRAM, malformed, 0);
    return ERROR_PROGRAM;
  }
  control->precision = !(flags & FLAG_BFLOAT16) ? FLOAT32 : flags & FLAG_AMX ? BFLOAT16_AMX : BFLOAT16;
  int32_t team = any_shared ? most(1, least(least(threads, MAX_THREADS), ready(control) + 1)) : 1;
  struct member me = {
      .control = control, .number = 0, .team = team, .may_sleep = flags & FLAG_MAY_BLOCK, .scratch = control->scratch[0]};
  if (team > 1) start_team(control, program, bases, team);
  run_program(program, bases, &me);
  return control->status[0];
}
