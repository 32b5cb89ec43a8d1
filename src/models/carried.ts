import { concat, NdArray, reshape, slice, type Tensor, transpose } from "../graph/index.ts";
import type { LayerParams, Params } from "./model.ts";
import type { Parts } from "./pass.ts";
import type { Placed } from "./placed.ts";

/** One record for each row of the network's table: in the first row of each stage what `of` says. */
export function inFirstRows<T>({ placed, head }: Parts, of: (at: Placed) => LayerParams<T>): Params<T> {
  const rows = placed.flatMap((at) => at.stage.rows.map((_, i) => (i === 0 ? of(at) : {})));
  return head.row ? [...rows, {}] : rows;
}

export const zeros = (state: { readonly [name: string]: number }, shape: readonly number[]): LayerParams<NdArray> =>
  Object.fromEntries(Object.entries(state).map(([name, width]) => [name, NdArray.zeros([...shape, width])]));

/** What a training carries from batch to batch before the first one, [examples, samples, width] each; undefined where no stage carries anything. */
export function carriedIn(parts: Parts): ((examples: number) => Params<NdArray>) | undefined {
  if (!parts.placed.some(({ stage }) => stage.memory?.carried)) return undefined;
  return (examples) =>
    inFirstRows(parts, ({ stage: { memory } }) =>
      memory?.carried ? zeros(memory.state, [examples, parts.samples]) : {},
    );
}

const mapped = (values: LayerParams<Tensor>, f: (value: Tensor, name: string) => Tensor): LayerParams<Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value, name)]));

/** What the first of the rows carry, [examples, samples, width], as the rows of a pass have it: [samples · examples, width]. */
export const asRows = (carried: LayerParams<Tensor>, examples: number): LayerParams<Tensor> =>
  mapped(carried, (all) => {
    const [, samples, width] = all.shape as [number, number, number];
    return reshape(transpose(slice(all, 0, examples), [1, 0, 2]), [samples * examples, width]);
  });

/** What one example of the batch carries. */
export const ofExample = (carried: Params<Tensor>, i: number): Params<Tensor> =>
  carried.map((row) => mapped(row, (all) => slice(all, i, i + 1)));

/** The other way round. Rows that the batch didn't have keep what they carry. */
export const afterRows = (before: LayerParams<Tensor>, after: LayerParams<Tensor>): LayerParams<Tensor> =>
  mapped(before, (all, name) => {
    const [, samples, width] = all.shape as [number, number, number];
    const examples = after[name]!.shape[0]! / samples;
    return withOthers(all, transpose(reshape(after[name]!, [samples, examples, width]), [1, 0, 2]));
  });

/** The first rows of `all` are those of `now`. */
const withOthers = (all: Tensor, now: Tensor): Tensor =>
  now.shape[0] === all.shape[0] ? now : concat([now, slice(all, now.shape[0]!, all.shape[0]!)]);

/** What all examples carry, where the first of them are those of `now`. */
export const withRowsBeyond = (all: Params<Tensor>, now: Params<Tensor>): Params<Tensor> =>
  all.map((row, i) => mapped(row, (before, name) => withOthers(before, now[i]![name]!)));
