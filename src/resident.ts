import type { Backend, Storage } from "./backends/backend.ts";
import { currentBackend } from "./backends/select.ts";
import type { Arrays, Symbols, Values } from "./compile.ts";
import { UserError } from "./errors.ts";
import { array, type Data, NdArray, sameShape, showSpec } from "./graph/ndarray.ts";
import { leaves, mapTree, type Tree, zipTrees } from "./graph/tree.ts";

/** A tree of arrays that lives on a backend: parameters, optimizer state, data that is used many times. */
export class Resident<T> {
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
    zipTrees(this.tree, values as unknown as Tree<NdArray>, (storage, value, path) => {
      if (value.dtype !== storage.dtype || !sameShape(value.shape, storage.shape))
        throw new UserError(`write: ${path || "the array"} must be ${showSpec(storage)}, received ${showSpec(value)}`);
      pairs.push([storage, value]);
    });
    for (const [storage, value] of pairs) this.backend.write(storage, value.data);
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

/** Arrays (or numbers: float32 scalars) in nested arrays and objects. */
type ArrayTree = NdArray | Data | number | readonly ArrayTree[] | { readonly [key: string]: ArrayTree };

/** Puts a tree of arrays on a backend, the current one when left out. The tree of tensors that it stands for is worked out, or named as `T`. */
export function resident<V extends ArrayTree>(values: V, options?: { backend?: Backend }): Resident<Symbols<V>>;
export function resident<T>(values: Values<T>, options?: { backend?: Backend }): Resident<T>;
export function resident(values: unknown, options: { backend?: Backend } = {}): Resident<unknown> {
  const backend = options.backend ?? currentBackend();
  const tree = mapTree(values as Tree<NdArray | number>, (value) => {
    const from = value instanceof NdArray ? value : array(value);
    const storage = backend.allocate({ shape: from.shape, dtype: from.dtype });
    backend.write(storage, from.data);
    return storage;
  });
  return new Resident<unknown>(tree, backend);
}
