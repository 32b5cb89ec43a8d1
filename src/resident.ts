import type { Backend, Storage } from "./backends/backend.ts";
import { checkBackend, currentBackend } from "./backends/select.ts";
import type { Arrays, Symbols, Values } from "./compile.ts";
import { UserError } from "./errors.ts";
import { arrayOf } from "./graph/arguments.ts";
import { type Data, NdArray, sameShape, showSpec } from "./graph/ndarray.ts";
import { leaves, mapTree, type Tree, zipTrees } from "./graph/tree.ts";
import { checkObject, KIND } from "./rules.ts";

/** A tree of arrays that lives on a backend: parameters, optimizer state, data that is used many times. */
export class Resident<T> {
  declare readonly [KIND]: "resident";
  readonly tree: Tree<Storage>;
  readonly backend: Backend;
  /** What it holds, in the order of `leaves`. */
  readonly storages: readonly Storage[];
  /** Tells apart the trees that programs must be planned for: paths, dtypes and shapes. */
  readonly form: string;

  constructor(tree: Tree<Storage>, backend: Backend) {
    this.tree = tree;
    this.backend = backend;
    const found = leaves(tree);
    this.storages = found.map(({ value }) => value);
    this.form = found.map(({ path, value }) => `${path}:${showSpec(value)}`).join(";");
  }

  /** A copy on the JavaScript side. */
  read(): Arrays<T> {
    return mapTree(this.tree, (s) => new NdArray(this.backend.read(s), s.shape)) as unknown as Arrays<T>;
  }

  /** Replaces what it holds. Throws UserError where the form, a shape or a dtype differs. */
  write(values: Arrays<T>): void {
    const pairs: [Storage, NdArray][] = [];
    zipTrees(this.tree, values as unknown as Tree<unknown>, (storage, given, path) => {
      const value = arrayOf(`write: ${path || "the array"}`, given);
      if (value.dtype !== storage.dtype || !sameShape(value.shape, storage.shape))
        throw new UserError(`write: ${path || "the array"} must be ${showSpec(storage)}, received ${showSpec(value)}`);
      pairs.push([storage, value]);
    });
    for (const [storage, value] of pairs) this.backend.write(storage, value.data);
  }
}

Object.defineProperty(Resident.prototype, KIND, { value: "resident" });

/** Arrays (or numbers: float32 scalars) in nested arrays and objects. */
type ArrayTree = NdArray | Data | number | readonly ArrayTree[] | { readonly [key: string]: ArrayTree };

/** Puts a tree of arrays on a backend, the current one when left out. The tree of tensors that it stands for is worked out, or named as `T`. */
export function resident<V extends ArrayTree>(values: V, options?: { backend?: Backend }): Resident<Symbols<V>>;
export function resident<T>(values: Values<T>, options?: { backend?: Backend }): Resident<T>;
export function resident(values: unknown, options: { backend?: Backend } = {}): Resident<unknown> {
  checkObject("resident", options, ["backend"]);
  const backend = checkBackend("resident", options.backend) ?? currentBackend();
  const tree = mapTree(values as Tree<unknown>, (value, path) => {
    const from = arrayOf(`resident: the value${path && ` at ${path}`}`, value);
    const storage = backend.allocate({ shape: from.shape, dtype: from.dtype });
    backend.write(storage, from.data);
    return storage;
  });
  return new Resident<unknown>(tree, backend);
}
