import type { DType } from "../graph/ndarray.ts";
import type { TapeOp } from "./codes.ts";

interface Codes {
  readonly float32?: TapeOp;
  readonly int32?: TapeOp;
}

/** Which tape op carries out an elementwise op, by the dtype of its last operand (a mask comes first in `where`). */
const table: Readonly<Record<string, Codes>> = {
  add: { float32: "ADD", int32: "I_ADD" },
  sub: { float32: "SUB", int32: "I_SUB" },
  mul: { float32: "MUL", int32: "I_MUL" },
  div: { float32: "DIV" },
  neg: { float32: "NEG", int32: "I_NEG" },
  abs: { float32: "ABS", int32: "I_ABS" },
  sign: { float32: "SIGN", int32: "I_SIGN" },
  exp: { float32: "EXP" },
  log: { float32: "LOG" },
  log1p: { float32: "LOG1P" },
  sqrt: { float32: "SQRT" },
  sigmoid: { float32: "SIGMOID" },
  tanh: { float32: "TANH" },
  softplus: { float32: "SOFTPLUS" },
  rectifier: { float32: "RELU" },
  floor: { float32: "FLOOR" },
  sin: { float32: "SIN" },
  cos: { float32: "COS" },
  maximum: { float32: "MAX", int32: "I_MAX" },
  minimum: { float32: "MIN", int32: "I_MIN" },
  equal: { float32: "EQ", int32: "I_EQ" },
  notEqual: { float32: "NE", int32: "I_NE" },
  less: { float32: "LT", int32: "I_LT" },
  lessEqual: { float32: "LE", int32: "I_LE" },
  where: { float32: "WHERE", int32: "WHERE" },
};

export const isElementwise = (op: string): boolean => op in table;

export const tapeOpFor = (op: string, dtype: DType): TapeOp | undefined =>
  dtype === "float64" ? undefined : table[op]?.[dtype];
