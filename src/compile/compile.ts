import type { Backend, Executable, PlanOptions, Program, Storage } from "../backends/backend.ts";
import { backendFor, checkBackend } from "../backends/select.ts";
import { UserError } from "../errors.ts";
import { needed } from "../graph/evaluate.ts";
import { NdArray, sameShape, showSpec } from "../graph/ndarray.ts";
import { input, isInput } from "../graph/ops/input.ts";
import { type Parts, withParts } from "../graph/part.ts";
import { Tensor } from "../graph/tensor.ts";
import { isBranch, leaves, mapTree, rebuilder, type Tree, visited } from "../graph/tree.ts";
import { checkPlanOptions } from "../plan/fusion.ts";
import { checkObject, kindOf, show } from "../rules.ts";
import { Prepared } from "./prepared.ts";
import { Resident } from "./resident.ts";
import { argumentsOf, Precedent, pathsOf, plainTree, type Value } from "./signature.ts";
import type { Arrays, Values } from "./values.ts";

/** Whether a function with result `R` replaces its first argument, which has to lie on a backend for that. */
type Replaces<R> = [R] extends [never]
  ? false
  : unknown extends R
    ? false
    : R extends { readonly state: unknown }
      ? true
      : false;

/** What a compiled function is called with. */
export type Arguments<A extends readonly unknown[], R> = {
  [K in keyof A]: K extends "0" ? (Replaces<R> extends true ? Resident<A[K]> : Values<A[K]>) : Values<A[K]>;
};

/** What a compiled function returns. */
type Output<R> = Replaces<R> extends true ? { readonly [K in Exclude<keyof R, "state">]: Arrays<R[K]> } : Arrays<R>;

/** What a result has to be beside `R`: a new state has the type of the old one, and no keys beyond those. */
type KeepsState<A extends readonly unknown[], R> = R extends { readonly state: infer Next }
  ? { readonly state: Next extends readonly unknown[] ? A[0] : WithoutOthers<A[0], Exclude<keyof Next, keyof A[0]>> }
  : unknown;
type WithoutOthers<T, K extends PropertyKey> = [K] extends [never] ? T : T & { readonly [Name in K]: never };

/** Where a compiled function runs. */
export interface CompileOptions extends PlanOptions {
  /** Where it runs (default: the current backend) (see `backend`). */
  readonly backend?: Backend;
}

/** Where a compiled function says how a call of it was traced. */
export const TRACED = Symbol("traced");

/** A function that was traced and planned once for each combination of shapes it was called with. */
export interface Compiled<A extends readonly unknown[], R> {
  (...args: Arguments<A, R>): Output<R>;
  /** The plan for arguments like these, to read. Runs nothing. */
  plan(...args: Arguments<A, R>): string;
  /** For `profile`: what runs such a call, and what its tensors were made for. */
  [TRACED](args: Arguments<A, R>): Traced;
}

/** A call's program, traced so that each tensor says what it was made for. */
export interface Traced {
  readonly executable: Executable;
  readonly values: readonly Value[];
  readonly backend: Backend;
  readonly parts: Parts;
}

/**
 * Traces `f` the first time it is called with arguments of some shape, plans it, and from then on runs the
 * plan.
 *
 * `f` takes trees (nested arrays and objects) of tensors and gives such a tree; the compiled function takes
 * the same trees of arrays and gives arrays. If f's result has a key `state`, the first argument must be
 * `resident(...)` and is replaced by it, in place, on the backend; the other keys are the output. Other
 * arguments may share arrays with it: they are read as they were before the call. A call that throws changes
 * no state. Arrays are passed as `NdArray`s; a number is a float32 scalar and a flat typed array a vector.
 *
 * Throws ShapeError while tracing where shapes don't fit, UserError where the arguments are not arrays, where
 * an index names no row, or where one array stands at two places of the state that get different values. A
 * call with other shapes [...] is traced and planned anew.
 */
export function compile<A extends readonly unknown[], R>(
  f: (...args: A) => R & KeepsState<A, R>,
  options?: CompileOptions,
): Compiled<A, R>;
export function compile(
  f: (...args: Tree<Tensor>[]) => unknown,
  options: CompileOptions = {},
): Compiled<unknown[], unknown> {
  if (typeof f !== "function") throw new UserError(`compile: needs a function, received ${show(f)}`);
  checkObject("compile", options, ["backend", "without"]);
  checkBackend("compile", options.backend);
  checkPlanOptions(options);
  const prepared = new WeakMap<Backend, Map<string, Prepared>>();
  let precedent: Precedent<Prepared> | undefined;

  const usual = (values: readonly Value[]): Backend => options.backend ?? backendFor(values);

  /** The arguments' arrays, and where they are computed with. */
  const placed = (args: readonly unknown[]) => {
    const { signature, values } = argumentsOf(args);
    const on = values.find((value) => !(value instanceof NdArray)) as Storage | undefined;
    const backend = on && !options.backend ? on.backend : usual(values);
    values.forEach((value, i) => {
      if (!(value instanceof NdArray) && value.backend !== backend)
        throw new UserError(
          `compile: the argument at ${pathsOf(args)[i]} lives on the ${value.backend.name} backend, the function runs on ${backend.name}`,
        );
    });
    return { signature, values, backend };
  };

  const readyFor = (args: readonly unknown[]): { entry: Prepared; values: readonly Value[] } => {
    const recognised = precedent?.valuesOf(args, usual);
    if (recognised) return { entry: precedent!.outcome, values: recognised };
    const { signature, values, backend } = placed(args);
    const known = prepared.get(backend) ?? new Map<string, Prepared>();
    prepared.set(backend, known);
    const entry = known.get(signature) ?? trace(f, args, backend, options);
    known.set(signature, entry);
    precedent = Precedent.of(entry, backend, args);
    return { entry, values };
  };

  const call = (...args: unknown[]) => {
    const { entry, values } = readyFor(args);
    return entry.finish(entry.executableFor(args, values).run(values));
  };
  return Object.assign(call, {
    plan: (...args: unknown[]) => {
      const { entry, values } = readyFor(args);
      return entry.executableFor(args, values).describe();
    },
    // Traced anew, so that calls that nobody profiles need not know what each tensor was made for.
    [TRACED]: (args: unknown[]): Traced => {
      const { values, backend } = placed(args);
      const { result, parts } = withParts(() => trace(f, args, backend, options));
      return { executable: result.executableFor(args, values), values, backend, parts };
    },
  });
}

/** What can be done about a result that is no tensor, at `path` of all results. */
function noResult(value: unknown, path: string): string {
  if (value === undefined && path === "") return ": the function must return something";
  if (kindOf(value) === "tensor") return ", of another copy of heaviside: a program needs one copy";
  return Object.prototype.toString.call(value) === "[object Promise]" ? ": the function must not be async" : "";
}

/** Throws UserError where a result is made of a tensor that the function was not given: one of another trace. */
function checkOwn(results: readonly Tensor[], own: Program["inputs"]): void {
  const given = new Set(own.map(({ tensor }) => tensor));
  const nodes = needed(results);
  const foreign = nodes.filter(isInput).find((node) => !given.has(node));
  if (!foreign) return;
  const user = nodes.find((node) => node.inputs.includes(foreign));
  throw new UserError(
    `compile: ${user ? user.op.name : "the result"} reads the input ${foreign.attrs.name} (${showSpec(foreign)}) of another function or of an earlier call: a tensor is good only while its function is traced; pass the array as an argument`,
  );
}

/** Throws UserError where calls are nested so deeply that the engine's stack ends: "too much recursion" in Firefox. */
function shallow<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (!(cause instanceof Error) || !/call stack|too much recursion/i.test(cause.message)) throw cause;
    throw new UserError(
      "compile: the calls of the traced function are nested too deeply for the engine's stack: take fewer stages, or with Node a larger --stack-size",
      { cause },
    );
  }
}

/** Calls `f` with tensors in the places of the arguments' arrays. */
function trace(
  f: (...args: Tree<Tensor>[]) => unknown,
  args: readonly unknown[],
  backend: Backend,
  options: PlanOptions,
): Prepared {
  const inputs: Program["inputs"][number][] = [];
  const { values } = argumentsOf(args);
  const traced = args.map((arg, i) =>
    mapTree(
      plainTree(arg),
      (_, name) => {
        const value = values[inputs.length]!;
        const tensor = input(name, value);
        inputs.push({ name, tensor, resident: !(value instanceof NdArray) });
        return tensor;
      },
      String(i),
    ),
  );
  const result = shallow(() => f(...traced));
  const hasState = isBranch(result) && !Array.isArray(result) && Object.hasOwn(result, "state");
  const updates = hasState ? stateUpdates(args[0], inputs, (result as { state: Tree<Tensor> }).state) : [];
  const shown = hasState ? Object.fromEntries(Object.entries(result).filter(([key]) => key !== "state")) : result;
  const found = visited(shown as Tree<Tensor>);
  for (const { path, value } of found)
    if (!(value instanceof Tensor))
      throw new UserError(
        `compile: the function's result${path && ` at ${path}`} must be a tensor, received ${show(value)}${noResult(value, path)}`,
      );
  checkOwn([...found.map((leaf) => leaf.value), ...updates.map((u) => u.value)], inputs);
  const program = { inputs, outputs: found.map((leaf) => leaf.value), updates };
  return new Prepared(program, rebuilder(shown as Tree<Tensor>), backend, options);
}

function stateUpdates(first: unknown, inputs: Program["inputs"], next: Tree<Tensor>): Program["updates"] {
  if (!(first instanceof Resident))
    throw new UserError(
      "compile: a function that gives `state` takes it as its first argument, made with resident(...)",
    );
  const position = new Map(inputs.map((x, i) => [x.name, i]));
  const updates = leaves(next, "0").map(({ path, value }) => {
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
  leaves(first.tree, "0").forEach(({ path }) => {
    if (!given.has(position.get(path)!)) throw new UserError(`compile: the new state lacks ${path.slice(2)}`);
  });
  return updates.filter((u) => u.value !== inputs[u.input]!.tensor);
}
