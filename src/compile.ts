import type { Backend, Executable, PlanOptions, Program, Storage } from "./backends/backend.ts";
import { currentBackend } from "./backends/select.ts";
import { UserError } from "./errors.ts";
import { array, type Data, NdArray, sameShape, showSpec } from "./graph/ndarray.ts";
import { input } from "./graph/ops/input.ts";
import { Tensor } from "./graph/tensor.ts";
import { type Leaf, leaves, mapTree, type Tree } from "./graph/tree.ts";
import { Resident } from "./resident.ts";

/** The arrays that stand for a tree of tensors: same form, numbers in place of symbols. */
export type Arrays<T> = T extends Tensor ? NdArray : { readonly [K in keyof T]: Arrays<T[K]> };
/** What may be given where a tree of tensors is asked for; a flat typed array is a vector, a number a float32 scalar. */
export type Values<T> =
  | Resident<T>
  | (T extends Tensor ? NdArray | Data | number : { readonly [K in keyof T]: Values<T[K]> });

/** The tree of tensors that a tree of arrays stands for. */
export type Symbols<V> = V extends NdArray | Data | number ? Tensor : { readonly [K in keyof V]: Symbols<V[K]> };

type Output<T> = T extends { readonly state: unknown } ? Arrays<Omit<T, "state">> : Arrays<T>;

export interface CompileOptions extends PlanOptions {
  /** Where it runs; the current backend when left out (see `backend`). */
  readonly backend?: Backend;
}

/** A function that was traced and planned once for each combination of shapes it was called with. */
export interface Compiled<A extends readonly unknown[], R> {
  (...args: { [K in keyof A]: Values<A[K]> }): Output<R>;
  /** The plan for arguments like these, to read. Runs nothing. */
  plan(...args: { [K in keyof A]: Values<A[K]> }): string;
}

interface Ready {
  readonly executable: Executable;
  readonly finish: (outputs: NdArray[]) => unknown;
}

/** Tells apart the argument trees that need a plan of their own, by form, dtype, shape and residence. */
const signatureOf = (found: readonly { path: string; value: unknown }[]): string =>
  found
    .map(({ path, value }) => {
      const spec = value as NdArray | Storage;
      return `${path}:${value instanceof NdArray ? "" : "@"}${spec.dtype}[${spec.shape}]`;
    })
    .join(";");

function toValue(value: unknown, path: string): NdArray | Storage {
  if (value instanceof NdArray) return value;
  if (typeof value === "object" && value !== null && "backend" in value) return value as Storage;
  if (
    typeof value === "number" ||
    value instanceof Float32Array ||
    value instanceof Int32Array ||
    value instanceof Float64Array
  )
    return array(value);
  throw new UserError(
    `compile: the argument at ${path} must be an array or a number, received ${value === null ? "null" : typeof value}`,
  );
}

/**
 * Traces `f` the first time it is called with arguments of some shape, plans it, and from then on runs the plan.
 *
 * `f` takes trees (nested arrays and objects) of tensors and gives such a tree; the compiled function takes the same trees of arrays
 * and gives arrays. If f's result has a key `state`, the first argument must be `resident(...)` and is replaced by it, in place, on the backend; the other keys are
 * the output. Arrays are passed as `NdArray`s; a number is a float32 scalar and a flat typed array a vector.
 *
 * Throws ShapeError while tracing where shapes don't fit, UserError where the arguments are not arrays.
 */
export function compile<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  const ready = new Map<string, Ready>();

  const prepare = (args: readonly unknown[], backend: Backend): Ready => {
    const inputs: Program["inputs"][number][] = [];
    const traced = args.map((arg, i) => {
      const tree = arg instanceof Resident ? arg.tree : arg;
      return mapTree<unknown, Tensor>(tree as Tree<unknown>, (value, path) => {
        const name = `${i}${path && `.${path}`}`;
        const spec = toValue(value, name);
        const tensor = input(name, spec);
        inputs.push({ name, tensor, resident: !(spec instanceof NdArray) });
        return tensor;
      });
    });
    const byName = new Map(inputs.map((x) => [x.name, x]));
    const ordered = args.flatMap((arg, i) =>
      leaves(arg instanceof Resident ? arg.tree : (arg as Tree<unknown>), String(i)).map(
        ({ path }) => byName.get(path)!,
      ),
    );
    const result = f(...(traced as unknown as A));
    const hasState = typeof result === "object" && result !== null && !(result instanceof Tensor) && "state" in result;
    const updates = hasState ? stateUpdates(args[0], ordered, (result as { state: Tree<Tensor> }).state) : [];
    const shown = hasState ? Object.fromEntries(Object.entries(result).filter(([key]) => key !== "state")) : result;
    const found = leaves<Tensor>(shown as Tree<Tensor>);
    for (const { path, value } of found)
      if (!(value instanceof Tensor))
        throw new UserError(
          `compile: the function's result at ${path || "its root"} must be a tensor, received ${typeof value}`,
        );
    const executable = backend.prepare({ inputs: ordered, outputs: found.map((leaf) => leaf.value), updates }, options);
    const place = new Map(found.map(({ path }, i) => [path, i]));
    return {
      executable,
      finish: (outputs) => mapTree(shown as Tree<Tensor>, (_, path) => outputs[place.get(path)!]!),
    };
  };

  const readyFor = (args: readonly unknown[]): { entry: Ready; values: (NdArray | Storage)[] } => {
    const found = args.flatMap((arg, i): readonly Leaf<NdArray | Storage>[] => {
      if (arg instanceof Resident) return arg.leavesAt(i);
      return leaves(arg as Tree<unknown>, String(i)).map(({ path, value }) => ({ path, value: toValue(value, path) }));
    });
    const on = found.find(({ value }) => !(value instanceof NdArray))?.value as Storage | undefined;
    const backend = options.backend ?? on?.backend ?? currentBackend();
    for (const { path, value } of found)
      if (!(value instanceof NdArray) && value.backend !== backend)
        throw new UserError(
          `compile: the argument at ${path} lives on the ${value.backend.name} backend, the function runs on ${backend.name}`,
        );
    const signature = signatureOf(found);
    let entry = ready.get(signature);
    if (!entry) {
      entry = prepare(args, backend);
      ready.set(signature, entry);
    }
    return { entry, values: found.map(({ value }) => value) };
  };

  const call = (...args: unknown[]) => {
    const { entry, values } = readyFor(args);
    return entry.finish(entry.executable.run(values));
  };
  return Object.assign(call, {
    plan: (...args: unknown[]) => readyFor(args).entry.executable.describe(),
  }) as unknown as Compiled<A, R>;
}

function stateUpdates(first: unknown, inputs: Program["inputs"], next: Tree<Tensor>): Program["updates"] {
  if (!(first instanceof Resident))
    throw new UserError(
      "compile: a function that gives `state` takes it as its first argument, made with resident(...)",
    );
  const position = new Map(inputs.map((x, i) => [x.name, i]));
  const updates = leaves<Tensor>(next, "0").map(({ path, value }) => {
    const at = position.get(path);
    if (at === undefined) throw new UserError(`compile: the new state has ${path.slice(2)}, which the old one has not`);
    const before = inputs[at]!.tensor;
    if (!(value instanceof Tensor) || value.dtype !== before.dtype || !sameShape(value.shape, before.shape))
      throw new UserError(
        `compile: state ${path.slice(2)} must stay ${showSpec(before)}, received ${value instanceof Tensor ? showSpec(value) : typeof value}`,
      );
    return { input: at, value };
  });
  const given = new Set(updates.map((u) => u.input));
  first.leavesAt(0).forEach(({ path }) => {
    if (!given.has(position.get(path)!)) throw new UserError(`compile: the new state lacks ${path.slice(2)}`);
  });
  return updates.filter((u) => u.value !== inputs[u.input]!.tensor);
}
