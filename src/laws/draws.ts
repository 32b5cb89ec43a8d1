import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type DType, type Shape, sizeOf, sum, type Tensor } from "../graph/index.ts";
import { fromUniform, type Key, key as keyOf } from "../random/key.ts";
import { initialState } from "./initial-state.ts";

/** A draw of random numbers that a layer makes in one step: for each unit of an example, or for each example, one number or several. */
export interface Draw {
  /** Its place in the order in which the layer asks, from 0. */
  readonly index: number;
  /** Its distribution: uniform in [0, 1), or standard normal. */
  readonly kind: "uniform" | "normal";
  /** Whether each unit of an example has draws of its own, or each example. */
  readonly per: "unit" | "example";
  /** Units of the layer. */
  readonly units: number;
}

/** An axis of a draw: its length for one example, and whether it goes over the examples (and samples of each) or over the units. */
interface Dimension {
  readonly length: number;
  readonly over: "examples" | "units" | "neither";
}

/** A draw and where its numbers stand. */
export interface Layout {
  readonly draw: Draw;
  /** The unit that each number of an example belongs to, in the order of the draw; undefined where the draw is one of examples. */
  readonly units: readonly (number | undefined)[];
  /** The shape and the data of the draw for several examples: of each, its numbers in the order of `units`. */
  fill(examples: readonly (readonly number[])[]): { shape: Shape; data: Float64Array };
}

const BATCH = 7;
type Asked = Pick<Draw, "kind"> & { readonly shape: Shape };
type Run = (a: Tensor, key: Key) => unknown;

const known = new WeakMap<object, Map<number, readonly Layout[]>>();
/** `find`, once for each owner and number of units. */
function once(owner: object, units: number, find: () => readonly Layout[]): readonly Layout[] {
  const found = known.get(owner) ?? new Map<number, readonly Layout[]>();
  known.set(owner, found);
  if (!found.has(units)) found.set(units, find());
  return found.get(units)!;
}

/**
 * The draws that an estimator makes in a step of a layer of `units`: it is run with a key that writes them down. One that draws
 * nothing because it enumerates has those of its units' samples. Throws UserError for noise that examples don't have for themselves.
 */
export const drawsOf = (estimator: Estimator, units: number): readonly Layout[] =>
  once(estimator, units, () => {
    const own = recorded(units, (a, key) =>
      estimator.estimate(a, key, (h) => sum(h, 1), initialState(estimator, a.shape[1]!, a.dtype)),
    );
    return own.length > 0 ? own : sampleDrawsOf(estimator, units);
  });

/** The draws of what its units sample, which come first in those of a step. */
export const sampleDrawsOf = ({ unit }: Estimator, units: number): readonly Layout[] =>
  once(unit, units, () => recorded(units, (a, key) => unit.sample(a, key)));

/** Which axis of a draw goes over what is seen in how its length changes with the batch and with the layer. */
function recorded(units: number, run: Run): readonly Layout[] {
  const draws = asked(BATCH, units, run);
  const [longer, wider] = [asked(BATCH + 1, units, run), asked(BATCH, units + 1, run)];
  return draws.map(({ kind, shape }, index) => {
    const dimensions = shape.map((length, axis): Dimension => {
      const [more, wide] = [longer[index]?.shape[axis], wider[index]?.shape[axis]];
      const examples = more === (length / BATCH) * (BATCH + 1);
      if (examples && wide === length) return { length: length / BATCH, over: "examples" };
      if (length === units && wide === units + 1 && more === length) return { length, over: "units" };
      if (more === length && (wide === length || wide === undefined)) return { length, over: "neither" };
      throw refused(shape, units);
    });
    const count = (over: Dimension["over"]) => dimensions.filter((dimension) => dimension.over === over).length;
    if (count("examples") !== 1 || count("units") > 1) throw refused(shape, units);
    return layoutOf({ index, kind, per: count("units") === 1 ? "unit" : "example", units }, dimensions);
  });
}

const refused = (shape: Shape, units: number): UserError =>
  new UserError(
    `laws: noise is integrated over example by example, so each draw needs one axis over the examples, and at most one over the units, as in [B, H], [B, 1], [K·B, H] or [K, B, H]; for a [${BATCH}, ${units}] the estimator drew [${shape.join(", ")}]`,
  );

function asked(batch: number, units: number, run: Run): readonly Asked[] {
  const draws: Asked[] = [];
  const source = keyOf(0);
  const write =
    (kind: Draw["kind"]) =>
    (shape: Shape, options: { dtype?: DType } = {}) => {
      draws.push({ kind, shape });
      return source[kind](shape, options);
    };
  const uniform = write("uniform");
  const key: Key = { fold: () => key, uniform, normal: write("normal"), ...fromUniform(uniform) };
  run(source.normal([batch, units], { dtype: "float64" }), key);
  return draws;
}

function layoutOf(draw: Draw, dimensions: readonly Dimension[]): Layout {
  const lengths = dimensions.map(({ length }) => length);
  const axis = dimensions.findIndex(({ over }) => over === "examples");
  const unitAxis = dimensions.findIndex(({ over }) => over === "units");
  const inside = sizeOf(lengths.slice(axis + 1));
  const perUnit = sizeOf(lengths.slice(unitAxis + 1));
  return {
    draw,
    units: Array.from({ length: sizeOf(lengths) }, (_, n) =>
      unitAxis < 0 ? undefined : Math.floor(n / perUnit) % draw.units,
    ),
    fill(examples) {
      const rows = examples.length;
      const data = new Float64Array(rows * sizeOf(lengths));
      examples.forEach((numbers, row) =>
        numbers.forEach((x, n) => {
          data[(Math.floor(n / inside) * rows + row) * inside + (n % inside)] = x;
        }),
      );
      return { shape: lengths.map((length, i) => (i === axis ? length * rows : length)), data };
    },
  };
}
