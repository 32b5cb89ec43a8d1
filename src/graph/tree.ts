import { UserError } from "../errors.ts";

/** Values in nested arrays and plain objects; a leaf is anything else. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

const isBranch = (value: unknown): value is readonly unknown[] | Record<string, unknown> => {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const proto = Object.getPrototypeOf(value);
  // Object.prototype of another realm (a vm context, an iframe, jest) has no prototype either.
  return proto === Object.prototype || proto === null || Object.getPrototypeOf(proto) === null;
};

/** A leaf and where it stands, as in `layers.0.weight`. */
export interface Leaf<T> {
  readonly path: string;
  readonly value: T;
}

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

/** The leaves in order: arrays by index, objects by sorted key. */
export function leaves<T>(tree: Tree<T>, path = ""): Leaf<T>[] {
  const found: Leaf<T>[] = [];
  const walk = (node: unknown, at: string): void => {
    if (!isBranch(node)) found.push({ path: at, value: node as T });
    else if (Array.isArray(node)) node.forEach((item, i) => walk(item, join(at, String(i))));
    else for (const key of Object.keys(node).sort()) walk((node as Record<string, unknown>)[key], join(at, key));
  };
  walk(tree, path);
  return found;
}

/** The same tree with each leaf replaced by `f(leaf, path)`. */
export function mapTree<T, U>(tree: Tree<T>, f: (value: T, path: string) => U, path = ""): Tree<U> {
  if (!isBranch(tree)) return f(tree as T, path);
  if (Array.isArray(tree)) return tree.map((item, i) => mapTree(item as Tree<T>, f, join(path, String(i))));
  return Object.fromEntries(
    Object.entries(tree).map(([key, item]) => [key, mapTree(item as Tree<T>, f, join(path, key))]),
  );
}

/** A function that makes the tree anew with other leaves, which it takes in the order of `leaves`. */
export function rebuilder<T>(tree: Tree<T>): <U>(values: readonly U[]) => Tree<U> {
  type Make = (values: readonly unknown[]) => unknown;
  const place = new Map(leaves(tree).map(({ path }, i) => [path, i]));
  const build = (node: unknown, path: string): Make => {
    if (!isBranch(node)) {
      const at = place.get(path)!;
      return (values) => values[at];
    }
    const parts = Object.entries(node).map(([key, item]) => [key, build(item, join(path, key))] as const);
    if (Array.isArray(node)) return (values) => parts.map(([, part]) => part(values));
    return (values) => {
      const made: Record<string, unknown> = {};
      for (const [key, part] of parts) made[key] = part(values);
      return made;
    };
  };
  return build(tree, "") as <U>(values: readonly U[]) => Tree<U>;
}

/** A tree of `f(a, b)` over two trees of one structure. Throws UserError naming the first path at which they differ. */
export function zipTrees<A, B, C>(a: Tree<A>, b: Tree<B>, f: (a: A, b: B, path: string) => C): Tree<C> {
  const others = new Map(leaves(b).map(({ path, value }) => [path, value]));
  const result = mapTree(a, (value, path) => {
    if (!others.has(path)) throw new UserError(`tree: the second tree has no leaf at ${path || "its root"}`);
    const other = others.get(path) as B;
    others.delete(path);
    return f(value, other, path);
  });
  for (const path of others.keys()) throw new UserError(`tree: the first tree has no leaf at ${path || "its root"}`);
  return result;
}
