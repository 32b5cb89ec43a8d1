import { UserError } from "../errors.ts";
import type { Data, Spec } from "./ndarray.ts";

/** Values in nested arrays and plain objects; a leaf is anything else. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

/** What the types below take for a leaf: tensors and arrays of any kind, and what is no object. */
type AnyLeaf = Spec | Data | number | string | boolean | bigint | symbol | null | undefined;

/** Unlike a list it has a length of its own. */
export type Tuple = readonly [] | readonly [unknown, ...unknown[]];

/** Whether `T` is leaves or branches, as `Tree<…>` is: types that follow its form would have no end. */
type Formless<T> = [Extract<T, Spec | Data | number>] extends [never]
  ? false
  : [Exclude<T, AnyLeaf>] extends [never]
    ? false
    : true;

/** The form of `T`, with leaves `L` in place of its own. */
export type WithLeaves<T, L> =
  Formless<T> extends true
    ? Tree<L>
    : T extends AnyLeaf
      ? L
      : T extends Tuple
        ? { readonly [K in keyof T]: WithLeaves<T[K], L> }
        : T extends readonly (infer Item)[]
          ? readonly WithLeaves<Item, L>[] // no mapped type, which has no end for lists of lists
          : T extends object
            ? { readonly [K in keyof T]: WithLeaves<T[K], L> }
            : Tree<L>; // unknown

/** The leaves that a tree of type `T` has. */
export type LeafOf<T> =
  Formless<T> extends true
    ? Extract<T, AnyLeaf>
    : T extends AnyLeaf
      ? T
      : T extends readonly (infer Item)[]
        ? LeafOf<Item>
        : T extends object
          ? { [K in keyof T]-?: LeafOf<T[K]> }[keyof T]
          : unknown;

/** A bound: `T extends TreeOf<Tensor, T>` is a tree of tensors. Unlike Tree<Tensor> it lets interfaces in. */
export type TreeOf<L, T> = L | { readonly [K in keyof T]: WithLeaves<T[K], L> };

type Branch = readonly unknown[] | { readonly [key: string]: unknown };

/** Arrays and plain objects, also those of another realm (a vm, an iframe): a prototype of theirs has none itself. */
export function isBranch(value: unknown): value is Branch {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const proto = Object.getPrototypeOf(value);
  // Object.prototype of another realm (a vm context, an iframe, jest) has no prototype either.
  return proto === Object.prototype || proto === null || Object.getPrototypeOf(proto) === null;
}

/** A branch's own keys and what stands there. A hole of a sparse array is an undefined. */
const parts = (branch: Branch): [key: string, item: unknown][] =>
  Array.isArray(branch)
    ? Array.from(branch, (item, i): [string, unknown] => [String(i), item])
    : Object.entries(branch);

/** A leaf and where it stands, as in `layers.0.weight`. */
export interface Leaf<T> {
  /** Its place in the tree, as in `layers.0.weight`. */
  readonly path: string;
  /** The leaf itself. */
  readonly value: T;
}

/** As it is, unless a path with it could be read in two ways: `"a.b".weight` is not `a.b.weight`. */
const quoted = (key: string): string =>
  key === "" || key.includes(".") || key.startsWith('"') ? JSON.stringify(key) : key;

const join = (path: string, key: string): string => (path === "" ? quoted(key) : `${path}.${quoted(key)}`);

/** The path at which these keys lead to a leaf. Different keys have different paths. */
export const pathOf = (...keys: readonly (string | number)[]): string =>
  keys.reduce<string>((path, key) => join(path, String(key)), "");

/** The leaves in the order in which `mapTree` visits them: arrays by index, objects by their own order of keys. */
export function visited<T>(tree: T, path?: string): Leaf<LeafOf<T>>[];
export function visited<T>(tree: Tree<T>, path?: string): Leaf<T>[];
export function visited(tree: unknown, path = ""): Leaf<unknown>[] {
  const found: Leaf<unknown>[] = [];
  mapTree(tree, (value, at) => found.push({ path: at, value }), path);
  return found;
}

/** The leaves in an order that is the same for all trees of one form: arrays by index, objects by sorted key. */
export function leaves<T>(tree: T, path?: string): Leaf<LeafOf<T>>[];
export function leaves<T>(tree: Tree<T>, path?: string): Leaf<T>[];
export function leaves(tree: unknown, path = ""): Leaf<unknown>[] {
  const found: Leaf<unknown>[] = [];
  const walk = (node: unknown, at: string): void => {
    if (!isBranch(node)) found.push({ path: at, value: node });
    else {
      const items = parts(node);
      if (!Array.isArray(node)) items.sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [key, item] of items) walk(item, join(at, key));
    }
  };
  walk(tree, path);
  return found;
}

/** The same tree with each leaf replaced by `f(leaf, path)`. */
export function mapTree<T, U>(tree: T, f: (value: LeafOf<T>, path: string) => U, path?: string): WithLeaves<T, U>;
export function mapTree<T, U>(tree: Tree<T>, f: (value: T, path: string) => U, path?: string): Tree<U>;
export function mapTree(tree: unknown, f: (value: unknown, path: string) => unknown, path = ""): unknown {
  if (!isBranch(tree)) return f(tree, path);
  const mapped = parts(tree).map(([key, item]) => [key, mapTree(item, f, join(path, key))] as const);
  return Array.isArray(tree) ? mapped.map(([, item]) => item) : Object.fromEntries(mapped);
}

/**
 * A tree's form in one line, with what `show` says of each leaf, in `mapTree`'s order. Two trees share a line only where they have
 * the same branches, the same keys in the same order and leaves that are shown alike, as long as `show` never begins with [ or {
 * and one of its answers is never the beginning of another.
 */
export function formOf<T>(tree: T, show: (value: LeafOf<T>) => string): string;
export function formOf(tree: unknown, show: (value: unknown) => string): string {
  if (!isBranch(tree)) return show(tree);
  let form = "";
  if (Array.isArray(tree)) {
    for (let i = 0; i < tree.length; i++) form += `${formOf(tree[i], show)},`;
    return `[${form}]`;
  }
  const node = tree as { readonly [key: string]: unknown };
  // A key with its length in front needs no escapes.
  for (const key of Object.keys(node)) form += `${key.length}:${key}=${formOf(node[key], show)},`;
  return `{${form}}`;
}

/** A function that makes the tree anew with other leaves, which it takes in `mapTree`'s order. */
export function rebuilder<T>(tree: T): <U>(values: readonly U[]) => WithLeaves<T, U>;
export function rebuilder(tree: unknown): (values: readonly unknown[]) => unknown {
  type Make = (values: readonly unknown[]) => unknown;
  let leaf = 0;
  const build = (node: unknown): Make => {
    if (!isBranch(node)) {
      const at = leaf++;
      return (values) => values[at];
    }
    const made = parts(node).map(([key, item]) => [key, build(item)] as const);
    if (Array.isArray(node)) return (values) => made.map(([, part]) => part(values));
    // Written by assignment, it would be the prototype and no key.
    if (Object.hasOwn(node, "__proto__"))
      return (values) => Object.fromEntries(made.map(([key, part]) => [key, part(values)]));
    return (values) => {
      const result: Record<string, unknown> = {};
      for (const [key, part] of made) result[key] = part(values);
      return result;
    };
  };
  return build(tree);
}

/**
 * A tree of `f(a, b)` over two trees of one form, whatever the order of keys. Throws UserError naming the first path at which they
 * differ.
 */
export function zipTrees<A, B, C>(
  a: A,
  b: B,
  f: (a: LeafOf<A>, b: LeafOf<B>, path: string) => C,
  path?: string,
): WithLeaves<A, C>;
export function zipTrees<A, B, C>(a: Tree<A>, b: Tree<B>, f: (a: A, b: B, path: string) => C, path?: string): Tree<C>;
export function zipTrees(
  a: unknown,
  b: unknown,
  f: (a: unknown, b: unknown, path: string) => unknown,
  path = "",
): unknown {
  if (!isBranch(a) && !isBranch(b)) return f(a, b, path);
  if (!isBranch(a) || !isBranch(b)) throw lacks("second", a, path) ?? lacks("first", b, path)!;
  if (Array.isArray(a) !== Array.isArray(b))
    throw new UserError(
      `tree: at ${path || "its root"} one tree has an array and the other an object: both must have the same`,
    );
  const own = Object.fromEntries(parts(a));
  const others = new Map(parts(b));
  const zipped = parts(a).map(([key, item]) => {
    const at = join(path, key);
    if (!others.has(key)) {
      const error = lacks("second", item, at);
      if (error) throw error;
      return [key, item] as const; // a branch without leaves
    }
    return [key, zipTrees(item, others.get(key), f, at)] as const;
  });
  for (const [key, item] of others) {
    const error = Object.hasOwn(own, key) ? undefined : lacks("first", item, join(path, key));
    if (error) throw error;
  }
  return Array.isArray(a) ? zipped.map(([, item]) => item) : Object.fromEntries(zipped);
}

/** The error that one of two trees has none of the leaves of `part`, which stands at `path` in the other; none where it has no leaf. */
function lacks(which: "first" | "second", part: unknown, path: string): UserError | undefined {
  const found = leaves(part, path)[0];
  return found && new UserError(`tree: the ${which} tree has no leaf at ${found.path || "its root"}`);
}
