import { UserError } from "../errors.ts";
import { needed } from "../graph/evaluate.ts";
import { showSpec } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import { Builder } from "./builder.ts";
import { limitPairs } from "./limits.ts";
import { lowerOne } from "./lowerings.ts";
import type { Program } from "./program.ts";
import { isSource, operandsOf, type Value, type View } from "./value.ts";

/** The program in terms of values: aliases gone, shape changes turned into views, equal computations made once. */
export interface Lowered {
  readonly values: readonly Value[];
  readonly outputs: readonly View[]; // each the whole of its value
  readonly updates: readonly { readonly input: number; readonly value: View }[];
  /** The tensor that each value is, or is a part of. */
  readonly origins: ReadonlyMap<Value, Tensor>;
}

/** Reads off what each kind of tensor becomes. Throws UserError for a dtype that only the reference backend has. */
export function lower(program: Program): Lowered {
  const builder = new Builder();
  const roots = [...program.outputs, ...program.updates.map((u) => u.value)];
  for (const { tensor } of program.inputs) refuseFloat64(tensor);
  program.inputs.forEach(({ tensor, sameAs }, index) => {
    const known = sameAs === undefined ? undefined : builder.views.get(program.inputs[sameAs]!.tensor);
    builder.views.set(tensor, known ?? builder.add(tensor.shape, tensor.dtype, { kind: "input", index }));
  });
  lowerAll(builder, roots);
  // An input that is given back is copied: it may be overwritten in the same run.
  const own = (t: Tensor): View => {
    const view = builder.views.get(t)!;
    return isSource(view.value) ? builder.copy(view) : builder.whole(view);
  };
  const outputs = program.outputs.map(own);
  const updates = program.updates.map(({ input, value }) => ({ input, value: own(value) }));
  const kept = [...outputs, ...updates.map((u) => u.value)];
  const values = live(builder.values, kept);
  limitPairs(values, new Set(kept.map((view) => view.value)));
  return { values, outputs, updates, origins: builder.origins };
}

/** Adds what tensors become, and all they need, to the builder's views. */
export function lowerAll(builder: Builder, tensors: readonly Tensor[]): void {
  for (const tensor of needed(tensors, builder.views)) {
    if (builder.views.has(tensor)) continue;
    refuseFloat64(tensor);
    const made = builder.values.length;
    lowerOne(builder, tensor, (others) => lowerAll(builder, others));
    // Those of other tensors that it needed are known by now.
    for (const value of builder.values.slice(made)) if (!builder.origins.has(value)) builder.origins.set(value, tensor);
  }
}

function refuseFloat64(tensor: Tensor): void {
  if (tensor.dtype === "float64")
    throw new UserError(
      `${tensor.op.name}: ${showSpec(tensor)} runs on the reference backend only; other backends compute in float32`,
    );
}

/** The values that the roots are made of; simplification leaves some that nobody reads. */
export function live(values: readonly Value[], roots: readonly View[]): Value[] {
  const wanted = new Set(roots.map((v) => v.value));
  for (let i = values.length - 1; i >= 0; i--)
    if (wanted.has(values[i]!)) for (const operand of operandsOf(values[i]!)) wanted.add(operand.value);
  return values.filter((v) => wanted.has(v));
}
