import type { Backend, Storage } from "../backends/backend.ts";
import { arrayOf } from "../graph/arguments.ts";
import { NdArray, type Spec, sameShape, showSpec } from "../graph/ndarray.ts";
import { formOf, mapTree, type Tree, visited } from "../graph/tree.ts";
import { Resident } from "./resident.ts";

/** What a program is run on: an array that is handed over, or a place on the backend. */
export type Value = NdArray | Storage;

/** The argument's tree of plain leaves: a Resident stands for what it holds. */
export const plainTree = (arg: unknown): Tree<unknown> =>
  mapTree(arg as Tree<unknown>, (leaf) => (leaf instanceof Resident ? leaf.tree : leaf));

/** Where each value of the arguments stands, in their order. Throws UserError for a leaf that is no value. */
export const pathsOf = (args: readonly unknown[]): string[] =>
  args.flatMap((arg, i) =>
    visited(arg as Tree<unknown>, String(i)).flatMap(({ path, value }) => {
      if (value instanceof Resident) return visited(value.tree, path).map((leaf) => leaf.path);
      arrayOf(`compile: the argument at ${path}`, value);
      return path;
    }),
  );

/** A call's arguments, looked at in full. */
export interface Arguments {
  /** Tells apart the arguments that need a plan of their own: by branches, keys and their order, dtypes, shapes and residence. */
  readonly signature: string;
  /** Every array of theirs, in the order in which `mapTree` visits `plainTree`. */
  readonly values: readonly Value[];
}

/** Throws UserError for a leaf that is no value. */
export function argumentsOf(args: readonly unknown[]): Arguments {
  const values: Value[] = [];
  const show = (leaf: unknown): string => {
    if (leaf instanceof Resident) {
      values.push(...leaf.storages);
      return `@${leaf.form}`;
    }
    const value = arrayAt(leaf, args);
    values.push(value);
    return showSpec(value);
  };
  return { signature: args.map((arg) => formOf(arg as Tree<unknown>, show)).join(";"), values };
}

/** A leaf of the arguments as an array. Throws UserError that names its place. */
function arrayAt(leaf: unknown, args: readonly unknown[]): NdArray {
  try {
    return arrayOf("compile: an argument", leaf);
  } catch (error) {
    pathsOf(args);
    throw error;
  }
}

/** What an argument was like: an array's spec, or a Resident's form. */
type Likeness = Spec | string;

/** A call that was prepared, and what its arguments were like: calls like it need no look at every leaf and its path. */
export class Precedent<T> {
  readonly outcome: T;
  readonly #backend: Backend;
  readonly #likenesses: readonly Likeness[];

  private constructor(outcome: T, backend: Backend, likenesses: readonly Likeness[]) {
    this.outcome = outcome;
    this.#backend = backend;
    this.#likenesses = likenesses;
  }

  /** Nothing for calls with trees of separate arrays, which are always looked at in full. */
  static of<T>(outcome: T, backend: Backend, args: readonly unknown[]): Precedent<T> | undefined {
    const likenesses: Likeness[] = [];
    for (const arg of args) {
      if (arg instanceof Resident) likenesses.push(arg.form);
      else if (arg instanceof NdArray) likenesses.push({ shape: arg.shape, dtype: arg.dtype });
      else if (typeof arg === "number") likenesses.push({ shape: [], dtype: "float32" });
      else return undefined;
    }
    return new Precedent(outcome, backend, likenesses);
  }

  /** The arguments' values where the call is like this one, on the `backend` for them or on that of its Residents. */
  valuesOf(args: readonly unknown[], backend: (values: readonly Value[]) => Backend): Value[] | undefined {
    if (args.length !== this.#likenesses.length) return undefined;
    const values: Value[] = [];
    let anywhere = true;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      const like = this.#likenesses[i]!;
      if (arg instanceof Resident) {
        if (arg.form !== like || arg.backend !== this.#backend) return undefined;
        for (const storage of arg.storages) values.push(storage);
        anywhere = false;
      } else if (typeof like === "string") return undefined;
      else if (arg instanceof NdArray) {
        if (arg.dtype !== like.dtype || !sameShape(arg.shape, like.shape)) return undefined;
        values.push(arg);
      } else if (typeof arg === "number" && like.shape.length === 0 && like.dtype === "float32")
        values.push(arrayOf("compile: an argument", arg));
      else return undefined;
    }
    return anywhere && backend(values) !== this.#backend ? undefined : values;
  }
}
