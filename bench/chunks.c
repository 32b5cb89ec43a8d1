/*
 * What the kernels make of a program: standard input has int32 words, a number of buffers, the bytes of each, and then programs as
 * kernels/README.md has them. For each program a line: the barriers of a team of two, and for each instruction whether thread 0 does it
 * alone, and the chunks of its two phases. Nothing that threads share is computed: every chunk is counted and refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../kernels/blocks-gradient.h"
#include "../kernels/conv-gradient.h"
#include "../kernels/conv.h"
#include "../kernels/from-blocks.h"
#include "../kernels/gemm.h"
#include "../kernels/index.h"
#include "../kernels/loop.h"
#include "../kernels/pairs.h"
#include "../kernels/pool.h"
#include "../kernels/select.h"
#include "../kernels/to-blocks.h"

#define MOST_INSTRUCTIONS 4096

static int32_t barriers, chunks_of[MOST_INSTRUCTIONS][2];

static int32_t refuse(int32_t instruction, int32_t phase, int32_t chunks) {
  if (instruction >= 0 && instruction < MOST_INSTRUCTIONS) chunks_of[instruction][phase] += chunks;
  return -1;
}

/* Behind the kernels that these names belong to: only the interpreter of programs is changed. */
#define barrier(me) ((void)(me), barriers++)
#define claim_chunk(me, chunks) refuse(list.number, phase, chunks)
#include "../kernels/program.h"

void sleep_while(int32_t *word, int32_t value) { (void)word, (void)value; }
void wake_all(int32_t *word) { (void)word; }

static void *zeros(size_t bytes) {
  void *found = aligned_alloc(64, (bytes / 64 + 2) * 64);
  if (!found) exit(1);
  return memset(found, 0, (bytes / 64 + 2) * 64);
}

static int32_t read_word(void) {
  int32_t word;
  if (fread(&word, sizeof word, 1, stdin) != 1) exit(1);
  return word;
}

static void show(const int32_t *program, void *const *bases, const struct member *me) {
  barriers = 0;
  memset(chunks_of, 0, sizeof chunks_of);
  run_program(program, bases, me);
  printf("%d", barriers);
  const int32_t *words = program + HEADER_WORDS;
  for (int32_t i = 0; i < program[1] && i < MOST_INSTRUCTIONS; i++, words += words[1])
    printf(" %d,%d,%d", is_small(words), chunks_of[i][0], chunks_of[i][1]);
  printf("\n");
}

int main(void) {
  int32_t count = read_word(), first;
  void **bases = zeros(count * sizeof *bases);
  for (int32_t i = 0; i < count; i++) bases[i] = zeros((uint32_t)read_word());
  struct control *control = zeros(sizeof *control);
  control->scratch[0] = zeros(scratch_bytes());
  struct member me = {.control = control, .number = 0, .team = 2, .scratch = control->scratch[0]};
  while (fread(&first, sizeof first, 1, stdin) == 1) {
    int32_t *program = zeros(first * sizeof *program);
    program[0] = first;
    for (int32_t i = 1; i < first; i++) program[i] = read_word();
    show(program, bases, &me);
  }
  return 0;
}
