/**
 * Pair space (see graph/pair-space.ts): arrays whose first axis has room for every pair, of which only those that a plan counts are ever
 * computed. A value of pair space carries the plan as its `limit`; what only such values read is limited as well.
 */
import { UserError } from "../errors.ts";
import { operandsOf, readersOf, type Value, type View } from "./value.ts";

/** What takes pairs: their number, or the place where a value of pair space goes in. */
const takesPairs = ({ make }: Value, operand: Value): boolean =>
  (make.kind === "fromBlocks" || make.kind === "blocksGradient") && make.c.value === operand
    ? true
    : make.kind === "fromPairs" && make.from.value === operand;

const planOf = ({ make }: Value): View | undefined => ("plan" in make ? make.plan : undefined);

/** Whether a view walks along the pairs of its value as the value itself does. */
const keepsPairs = ({ value, shape, offset, strides }: View): boolean =>
  value.shape[0] === 1 || (offset === 0 && shape[0] === value.shape[0] && strides[0] === value.size / value.shape[0]!);

/** What a user calls the op that a value is made by. */
function opName({ make }: Value): string {
  switch (make.kind) {
    case "elementwise":
      return make.code === "MOVE" ? "reshape or transpose" : "an elementwise op";
    case "gemm":
      return "matmul";
    case "assemble":
      return make.fill ? "pad" : "concat";
    case "reduce":
      return make.how.toLowerCase();
    case "conv":
      return "conv2d";
    case "pool":
      return "maxPool or avgPool";
    default:
      return make.kind;
  }
}

const misused = (what: string): UserError =>
  new UserError(
    `${what}: values of open blocks can only be used element by element, along their last axis, and by fromBlocks and fromPairs`,
  );

/** Sets the limits. Throws UserError where a value of pair space is used as if all of it were there. */
export function limitPairs(values: readonly Value[], roots: ReadonlySet<Value>): void {
  for (const value of values) {
    const { make, shape } = value;
    // Without a pair there is nothing to limit.
    if ((make.kind === "toBlocks" || make.kind === "toPairs") && value.shape[0]! > 0) value.limit = make.plan;
    for (const view of operandsOf(value)) {
      const limit = view.value.limit;
      if (limit && make.kind === "barrier") value.limit = limit;
      if (!limit || make.kind === "barrier" || takesPairs(value, view.value)) continue;
      const along = make.kind === "elementwise" || (make.kind === "reduce" && make.inner === 1);
      if (!along || !keepsPairs(view) || shape[0] !== view.value.shape[0]) throw misused(opName(value));
      if (value.limit && value.limit.value !== limit.value)
        throw new UserError(`${opName(value)}: its operands belong to the open blocks of different gates`);
      value.limit = limit;
    }
    if (value.limit && roots.has(value)) throw misused("compile");
  }
  const readers = readersOf(values);
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i]!;
    if (value.limit || value.make.kind !== "elementwise" || roots.has(value)) continue;
    const limits = (readers.get(value) ?? []).map((reader) => {
      if (takesPairs(reader, value)) return planOf(reader);
      return reader.make.kind === "elementwise" && reader.shape[0] === value.shape[0] && readsInPlace(reader, value)
        ? reader.limit
        : undefined;
    });
    const [first] = limits;
    if (first && limits.every((limit) => limit?.value === first.value)) value.limit = first;
  }
}

const readsInPlace = (reader: Value, value: Value): boolean =>
  operandsOf(reader).every((view) => view.value !== value || (keepsPairs(view) && view.shape[0] === value.shape[0]));
