/* ELEMENTWISE: a tape over numbers that lie in memory, in chunks that threads share. */
#pragma once
#include "tape.h"

/** ELEMENTWISE: a chunk is a piece of one long row, or a number of rows. */
struct elementwise {
  struct tape tape;
  int32_t rows, columns, rows_of_chunk, columns_of_chunk, chunks_of_row;
};

static int32_t elementwise_chunks(const struct elementwise *e) {
  return divide_up(e->rows, e->rows_of_chunk) * e->chunks_of_row;
}

/** Of the first dimension at most `limit` are done, one or more. */
static void read_elementwise(struct elementwise *e, const int32_t *payload, int32_t limit, void *const *bases,
                             uint32_t *scratch) {
  int32_t rank = payload[0], dims[MAX_RANK];
  for (int32_t d = 0; d < rank; d++) dims[d] = payload[1 + d];
  dims[0] = least(dims[0], limit);
  read_tape(&e->tape, payload + 1 + rank, rank, dims, bases, scratch);
  e->columns = e->tape.dims[e->tape.rank - 1];
  e->rows = 1;
  for (int32_t d = 0; d < e->tape.rank - 1; d++) e->rows *= e->tape.dims[d];
  e->chunks_of_row = e->columns < SHORT_ROW ? 1 : divide_up(e->columns, CHUNK);
  e->columns_of_chunk = e->chunks_of_row == 1 ? e->columns : round_up(divide_up(e->columns, e->chunks_of_row), 16);
  e->chunks_of_row = divide_up(e->columns, e->columns_of_chunk);
  int32_t most_rows = most(1, (e->tape.has_columns ? ROWS_CHUNK : CHUNK) / e->columns);
  /* Of about the same size: a thread that has done its share would wait for the other's. */
  e->rows_of_chunk = divide_up(e->rows, divide_up(e->rows, most_rows));
  if (packs_rows(e->columns)) e->rows_of_chunk = round_up(e->rows_of_chunk, rows_of_tile(e->columns));
}

static void elementwise_chunk(struct elementwise *e, int32_t chunk) {
  int32_t row = chunk / e->chunks_of_row * e->rows_of_chunk;
  int32_t column = chunk % e->chunks_of_row * e->columns_of_chunk;
  run_tape(&e->tape, row, least(e->rows_of_chunk, e->rows - row), column,
           least(e->columns_of_chunk, e->columns - column));
}
