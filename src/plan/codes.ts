/**
 * The numbers that the planner and the C kernels share. `kernels/codes.h` is generated from this file
 * (`node kernels/build.js --codes`); a test holds the two together. The meaning of each is in kernels/README.md.
 */

import { MOST_CHANNELS, MOST_REACH } from "../graph/size.ts";

export const limits = {
  MAX_RANK: 6,
  MAX_REGISTERS: 64,
  TILE: 512,
  /** Columns of a matrix product whose tape may have row ops: so few that a task has whole rows without a loss. */
  MAX_ROW_OF_PRODUCT: 23,
  /** Products whose results meet in one tape. */
  MAX_PRODUCTS: 16,
  /** Rows or columns that a window of a convolution or a pooling covers. */
  MAX_REACH: MOST_REACH,
  /** Channels, and features, of a convolution. */
  MAX_FEATURES: MOST_CHANNELS,
  /** Pointers of a loop. */
  MAX_LOCALS: 512,
} as const;

/** Instructions of a program. */
export const instructions = {
  ELEMENTWISE: 1,
  GEMM: 2,
  REDUCE: 3,
  GATHER: 4,
  SCATTER_ADD: 5,
  FOLD_KEY: 6,
  ROUTING: 7,
  TO_BLOCKS: 8,
  FROM_BLOCKS: 9,
  BLOCKS_GRADIENT: 10,
  PAIRS: 11,
  LIMITED_ELEMENTWISE: 12,
  KTH_LARGEST: 13,
  TOP_K: 14,
  LOOP: 15,
  PRODUCTS: 16,
  CONV: 17,
  CONV_GRADIENT: 18,
  POOL: 19,
  OPEN_CONV: 20,
  OPEN_CONV_GRADIENT: 21,
  POOLED_CONV: 22,
} as const;

/** Kinds of a REDUCE. */
export const reductions = { SUM: 0, MAX: 1, MIN: 2, ARGMAX: 3 } as const;

/** Kinds of a PAIRS: what lies in a table for each gate or for each block, spread to pairs, and back. */
export const pairKinds = { SPREAD_GATES: 0, SPREAD_BLOCKS: 1, GATES_FROM: 2, BLOCKS_FROM: 3 } as const;

/** Kinds of a POOL. */
export const poolKinds = { MAX: 0, ARGMAX: 1, SUM: 2, TAKE: 3, PUT: 4, SPREAD: 5 } as const;

/** Kinds of a tape's input. */
export const inputKinds = { OPERAND: 0, IMMEDIATE: 1, RESULT: 2 } as const;

/** Ops of a tape, on 32-bit lanes. Names that begin with I work on int32, the others on float32. */
export const tapeOps = {
  MOVE: 0,
  // float32, one operand
  NEG: 1,
  ABS: 2,
  SIGN: 3,
  EXP: 4,
  LOG: 5,
  LOG1P: 6,
  SQRT: 7,
  SIGMOID: 8,
  TANH: 9,
  SOFTPLUS: 10,
  RELU: 11,
  FLOOR: 12,
  SIN: 13,
  COS: 14,
  // float32, two operands
  ADD: 20,
  SUB: 21,
  MUL: 22,
  DIV: 23,
  MAX: 24,
  MIN: 25,
  EQ: 26,
  NE: 27,
  LT: 28,
  LE: 29,
  // three operands
  WHERE: 40,
  /** a·b + c; one rounding where the target has a fused multiply-add. Emitted by the planner, never by a user. */
  MULADD: 41,
  /** c − a·b, likewise. */
  NEG_MULADD: 42,
  // int32
  I_NEG: 50,
  I_ABS: 51,
  I_ADD: 52,
  I_SUB: 53,
  I_MUL: 54,
  I_MAX: 55,
  I_MIN: 56,
  I_EQ: 57,
  I_NE: 58,
  I_LT: 59,
  I_LE: 60,
  I_SIGN: 61,
  // between the two
  TO_FLOAT: 70,
  TO_INT: 71,
  // draws
  UNIFORM: 80,
  UNIFORM_OPEN: 81,
  NORMAL: 82,
  UNIFORM_FINE: 83,
  // rows to columns, and back
  ROW_SUM: 90,
  ROW_MAX: 91,
  ROW_MIN: 92,
  ROW_ARGMAX: 93,
  SPREAD: 94,
} as const;

export type TapeOp = keyof typeof tapeOps;
