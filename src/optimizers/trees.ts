import { UserError } from "../errors.ts";
import { leaves, mapTree, NdArray, type Tensor, type Tree, type TreeOf } from "../graph/index.ts";

/** The tree of `f(leaf, the leaves at the same place of the others)`. Throws UserError where another lacks the place. */
export const mapTrees = <P extends TreeOf<Tensor, P>>(
  f: (...values: readonly Tensor[]) => Tensor,
  first: P,
  ...others: readonly Tree<Tensor>[]
): P => mapTreesAt((_, ...values) => f(...values), first, ...others);

/** The same with a function that is given the place, too. */
export function mapTreesAt<P extends TreeOf<Tensor, P>>(
  f: (path: string, ...values: readonly Tensor[]) => Tensor,
  first: P,
  ...others: readonly Tree<Tensor>[]
): P;
export function mapTreesAt(
  f: (path: string, ...values: readonly Tensor[]) => Tensor,
  first: Tree<Tensor>,
  ...others: readonly Tree<Tensor>[]
): Tree<Tensor> {
  const found = others.map((tree) => new Map(leaves(tree).map(({ path, value }) => [path, value])));
  return mapTree(first, (value, path) =>
    f(
      path,
      value,
      ...found.map((tree) => {
        const other = tree.get(path);
        if (!other) throw new UserError(`optimizer: a tree lacks ${path || "its root"}, which the first one has`);
        return other;
      }),
    ),
  );
}

/** Zeros in the form of a tree of arrays. */
export function zerosOf<P extends TreeOf<NdArray, P>>(tree: P): Tree<NdArray>;
export function zerosOf(tree: Tree<NdArray>): Tree<NdArray> {
  return mapTree(tree, ({ shape, dtype }) => NdArray.zeros(shape, dtype));
}

/** The axes of a parameter along which the incoming weights of one unit lie, such as [0] for a weight matrix [in, out]; [] for biases. */
export type Incoming = (path: string) => readonly number[] | undefined;

/** Whether it is a weight matrix (or a stack of them) and not a bias: what decay and norms apply to. */
export const isWeight = (x: Tensor, path: string, incoming?: Incoming): boolean =>
  x.rank >= 2 && incoming?.(path)?.length !== 0;
