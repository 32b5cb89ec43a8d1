// Resident has a [Symbol.dispose], which a program's own `lib` need not know.
/// <reference lib="esnext.disposable" preserve="true" />
import type { Backend, Storage } from "../backends/backend.ts";
import { backendFor, checkBackend } from "../backends/select.ts";
import { UserError } from "../errors.ts";
import { arrayOf } from "../graph/arguments.ts";
import { checkWhole, NdArray, sameShape, showSpec } from "../graph/ndarray.ts";
import { formOf, isBranch, mapTree, type Tree, type TreeOf, type WithLeaves, zipTrees } from "../graph/tree.ts";
import { checkObject, KIND, show } from "../rules.ts";
import type { Arrays, Numbers, Symbols } from "./values.ts";

/** A tree of arrays that lives on a backend: parameters, optimizer state, data that is used many times. */
export class Resident<T> {
  get [KIND](): "resident" {
    return "resident";
  }
  /** The storages, in the form of the tree. */
  readonly tree: Tree<Storage>;
  /** The backend on which it lives. */
  readonly backend: Backend;
  /** What it holds, in the order in which `mapTree` visits the tree. */
  readonly storages: readonly Storage[];
  /** Tells apart the trees that programs must be planned for: by branches, keys and their order, dtypes and shapes. */
  readonly form: string;
  #held: ReadonlySet<unknown> | undefined;

  /** Throws UserError for a leaf that is no storage of the backend. */
  constructor(tree: Tree<Storage>, backend: Backend) {
    const storages: Storage[] = [];
    this.tree = mapTree(tree, (storage, path) => {
      if (storage?.backend !== backend)
        throw new UserError(`resident: ${path || "its root"} must be an array on the ${backend.name} backend`);
      storages.push(storage);
      return storage;
    });
    this.backend = backend;
    this.storages = storages;
    this.form = formOf(this.tree, showSpec);
  }

  /** Whether `value` is one of the arrays that it holds. */
  holds(value: unknown): boolean {
    this.#held ??= new Set(this.storages);
    return this.#held.has(value);
  }

  /** Whether one array stands at several places of the tree. */
  get repeats(): boolean {
    if (this.storages.length < 2) return false;
    this.#held ??= new Set(this.storages);
    return this.#held.size < this.storages.length;
  }

  /** What stands at a key of its tree: the same arrays, no copies. Throws UserError where there is no such key. */
  part<K extends keyof T & (string | number)>(key: K): Resident<T[K]> {
    if (!isBranch(this.tree) || !Object.hasOwn(this.tree, key))
      throw new UserError(`resident: there is no part ${show(key)}`);
    return new Resident<T[K]>((this.tree as { readonly [key: string]: Tree<Storage> })[key]!, this.backend);
  }

  /** A copy on the JavaScript side. */
  read(): Arrays<T> {
    return mapTree(this.tree, (s) => new NdArray(this.backend.read(s), s.shape)) as Arrays<T>;
  }

  /** Replaces what it holds. Throws UserError, and changes nothing, where the form, a shape or a dtype differs. */
  write(values: Arrays<T>): void {
    const pairs = new Map<Storage, { value: NdArray; path: string }>();
    zipTrees(this.tree, values, (storage, given, path) => {
      const what = `write: ${path || "the array"}`;
      const value = arrayOf(what, given);
      if (value.dtype !== storage.dtype || !sameShape(value.shape, storage.shape))
        throw new UserError(`${what} must be ${showSpec(storage)}, received ${showSpec(value)}`);
      checkWhole(what, value);
      const other = pairs.get(storage);
      if (other && !other.value.data.every((x, i) => Object.is(x, value.data[i])))
        throw new UserError(
          `write: ${other.path} and ${path} are one array on the backend, received two values for it`,
        );
      pairs.set(storage, { value, path });
    });
    for (const [storage, { value }] of pairs) this.backend.write(storage, value.data);
  }

  /**
   * Gives its memory back at once; nobody needs to, since memory of what is no longer referred to is used again. What uses its
   * arrays afterwards, here or through another Resident, throws UserError. `using` does it at the end of a block.
   */
  dispose(): void {
    for (const storage of this.storages) this.backend.free(storage);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Puts a tree of numbers on a backend, the current one by default. `T` is the tree of tensors that it stands
 * for. Throws UserError for what is no array, and for a backend that was closed.
 */
export function resident<T = never>(
  values: WithLeaves<NoInfer<T>, Numbers>,
  options?: { backend?: Backend },
): Resident<T>;
export function resident<V extends TreeOf<Numbers, V>>(
  values: V,
  options?: { backend?: Backend },
): Resident<Symbols<V>>;
export function resident(values: unknown, options: { backend?: Backend } = {}): Resident<unknown> {
  checkObject("resident", options, ["backend"]);
  const given = checkBackend("resident", options.backend);
  const arrays: NdArray[] = [];
  const held = mapTree(values, (value, path) => {
    const array = arrayOf(`resident: the value${path && ` at ${path}`}`, value);
    arrays.push(array);
    return array;
  });
  const backend = given ?? backendFor(arrays);
  const tree = mapTree(held, (from) => {
    const storage = backend.allocate({ shape: from.shape, dtype: from.dtype });
    backend.write(storage, from.data);
    return storage;
  });
  return new Resident<unknown>(tree, backend);
}
