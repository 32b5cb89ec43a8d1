/*
 * Threads that share one dispatch. The caller is member 0 of the team; workers take member numbers in the order in which they
 * check in. Whoever has to wait spins for a while, then sleeps until woken.
 */
#pragma once
#include "vector.h"

#define MAX_THREADS 64
/* Some tens of microseconds. */
#define SPINS 20000

enum error { ERROR_NONE, ERROR_INDEX, ERROR_PROGRAM };

#if defined(__wasm__) && !defined(__wasm_atomics__)
#define THREADS 0
#else
#define THREADS 1
#endif

#define OWN_LINE _Alignas(64)

struct control {
  /* Bumped by each dispatch that wants workers; the low bits say how many members its team has. */
  OWN_LINE int32_t start;
  int32_t start_sleepers;
  /* Set before a last change of `start`: workers that see it go home. */
  int32_t stopping;
  OWN_LINE int32_t checked_in;
  const int32_t *program;
  void *const *bases;
  int32_t precision;
  OWN_LINE int32_t arrived;
  OWN_LINE int32_t phase;
  int32_t phase_sleepers;
  OWN_LINE int32_t status[4];
  /* How many chunks of each member's share were claimed. */
  struct share {
    OWN_LINE int32_t claimed;
  } shares[MAX_THREADS];
  uint32_t *scratch[MAX_THREADS];
};

#define TEAM_BITS 7

#define READ(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)
#define WRITE(word, value) __atomic_store_n(&(word), value, __ATOMIC_SEQ_CST)
#define ADD(word, value) __atomic_add_fetch(&(word), value, __ATOMIC_SEQ_CST)

/** Leaves the first error of a dispatch for the host. */
NOINLINE void report(struct control *control, int32_t error, int32_t instruction, int32_t value) {
  int32_t none = ERROR_NONE;
  if (!__atomic_compare_exchange_n(&control->status[0], &none, error, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
  control->status[1] = instruction;
  control->status[2] = value;
}

struct member {
  struct control *control;
  int32_t number, team, may_sleep;
  uint32_t *scratch;
};

#if THREADS

/* Sleep while *word is `value`, and wake all that sleep on it: all that a target has to provide. */
#if defined(__wasm__)
/* Never inlined: the baseline compiler of Node 20 (V8 11.3) loses its caller's locals across the wait. */
NOINLINE void sleep_while(int32_t *word, int32_t value) { __builtin_wasm_memory_atomic_wait32(word, value, -1); }
static void wake_all(int32_t *word) { __builtin_wasm_memory_atomic_notify(word, UINT32_MAX); }
#else
/* native/wait.c */
extern void sleep_while(int32_t *word, int32_t value);
extern void wake_all(int32_t *word);
#endif

/** Returns once *word is no longer `value`. */
static void await_change(int32_t *word, int32_t value, int32_t *sleepers, int may_sleep) {
  for (int32_t i = 0; i < SPINS || !may_sleep; i++) {
    if (READ(*word) != value) return;
    pause_spin();
  }
  ADD(*sleepers, 1);
  while (READ(*word) == value) sleep_while(word, value);
  ADD(*sleepers, -1);
}

/** Whoever counts itself a sleeper before this reads the count is woken; whoever does so after sees the new value. */
static void change(int32_t *word, int32_t value, const int32_t *sleepers) {
  WRITE(*word, value);
  if (READ(*sleepers)) wake_all(word);
}

static void barrier(const struct member *me) {
  struct control *control = me->control;
  int32_t phase = READ(control->phase);
  if (ADD(control->arrived, 1) == me->team) {
    /* Nobody claims chunks now: all are here. */
    for (int32_t i = 0; i < me->team; i++) WRITE(control->shares[i].claimed, 0);
    WRITE(control->arrived, 0);
    change(&control->phase, (int32_t)((uint32_t)phase + 1), &control->phase_sleepers);
  } else {
    await_change(&control->phase, phase, &control->phase_sleepers, me->may_sleep);
  }
}

/**
 * A chunk that nobody has claimed, or −1. Each member has a share of its own, the same in every run, so that what it wrote last
 * time is still in its cache; only then does it help the others with theirs.
 */
static int32_t claim_chunk(const struct member *me, int32_t chunks) {
  struct share *shares = me->control->shares;
  for (int32_t i = 0; i < me->team; i++) {
    int32_t owner = (me->number + i) % me->team;
    int32_t first = cut(chunks, me->team, owner), size = cut(chunks, me->team, owner + 1) - first;
    if (READ(shares[owner].claimed) >= size) continue;
    int32_t mine = ADD(shares[owner].claimed, 1) - 1;
    if (mine < size) return first + mine;
  }
  return -1;
}

/** Hands the program to `team` − 1 workers, all of which are sure to take part. */
static void start_team(struct control *control, const int32_t *program, void *const *bases, int32_t team) {
  control->program = program;
  control->bases = bases;
  for (int32_t i = 0; i < team; i++) WRITE(control->shares[i].claimed, 0);
  uint32_t count = ((uint32_t)READ(control->start) >> TEAM_BITS) + 1;
  change(&control->start, (int32_t)(count << TEAM_BITS | (uint32_t)team), &control->start_sleepers);
}

static void run_program(const int32_t *program, void *const *bases, const struct member *me);

/** A worker's life; it ends with `stop_workers`. */
static void work(struct control *control, int32_t thread) {
  /* Read before checking in: a dispatch that counts on this worker is then sure to look different. */
  int32_t seen = READ(control->start);
  struct member me = {.control = control, .may_sleep = 1, .scratch = control->scratch[thread]};
  me.number = ADD(control->checked_in, 1);
  while (!READ(control->stopping)) {
    await_change(&control->start, seen, &control->start_sleepers, 1);
    seen = READ(control->start);
    me.team = seen & ((1 << TEAM_BITS) - 1);
    if (me.number < me.team) run_program(control->program, control->bases, &me);
  }
}

static int32_t ready(struct control *control) { return READ(control->checked_in); }

/** Every worker leaves `work`, those that have yet to start too. Nothing may be running. */
static inline void stop_workers(struct control *control) {
  WRITE(control->stopping, 1);
  uint32_t count = ((uint32_t)READ(control->start) >> TEAM_BITS) + 1;
  change(&control->start, (int32_t)(count << TEAM_BITS), &control->start_sleepers);
}

#else

static void barrier(const struct member *me) { (void)me; }
static int32_t claim_chunk(const struct member *me, int32_t chunks) {
  (void)me, (void)chunks;
  return -1;
}
static void start_team(struct control *control, const int32_t *program, void *const *bases, int32_t team) {
  (void)control, (void)program, (void)bases, (void)team;
}
static int32_t ready(struct control *control) {
  (void)control;
  return 0;
}

#endif
