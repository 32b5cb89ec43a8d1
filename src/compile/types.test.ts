/** What the types of a training loop of one's own let through. Wherever they refuse a line, it is refused when it runs, too. */
import { expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { NdArray } from "../graph/ndarray.ts";
import { constant } from "../graph/ops/constant.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { mean } from "../graph/ops/mean.ts";
import { square } from "../graph/ops/square.ts";
import { leaves, mapTree, type Tree, zipTrees } from "../graph/tree.ts";
import { array, compile, grad, type Resident, resident, type Tensor, valueAndGrad } from "../index.ts";
import { adam } from "../optimizers/adam.ts";
import { clipNorm } from "../optimizers/clip.ts";
import { maxNorm } from "../optimizers/max-norm.ts";
import { momentum } from "../optimizers/momentum.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";

/** An interface, which has no index signature: T is NdArray outside of a graph and Tensor within. */
interface Affine<T> {
  readonly weight: T;
  readonly bias: T;
}
interface Network<T> {
  readonly layers: readonly Affine<T>[];
  readonly scale: { readonly gain: T };
}
interface Training<T> {
  readonly params: Network<T>;
  readonly optimizer: Tree<T>;
  readonly step: T;
}

const initial = (): Network<NdArray> => ({
  layers: [{ weight: array([[0.5], [-0.5]]), bias: array([0]) }],
  scale: { gain: array([1]) },
});
const x = array([
  [1, 2],
  [3, 4],
]);
const y = array([[1], [2]]);

const lossOf = ({ layers, scale }: Network<Tensor>, inputs: Tensor, targets: Tensor): Tensor =>
  mean(square(matmul(inputs, layers[0]!.weight).add(layers[0]!.bias).mul(scale.gain).sub(targets)));

test("a loop of one's own over interfaces, with any optimizer, needs no cast", () => {
  for (const optimizer of [adam(), maxNorm(clipNorm(momentum(), 1), 2)]) {
    const step = compile(
      (state: { params: Network<Tensor>; optimizer: OptimizerState }, inputs: Tensor, targets: Tensor) => {
        const [loss, grads] = valueAndGrad(lossOf)(state.params, inputs, targets);
        const next = optimizer.update(state.params, grads, state.optimizer, constant(0.05));
        return { state: { params: next.params, optimizer: next.state }, loss };
      },
    );
    const params = initial();
    const state = resident({ params, optimizer: optimizer.init(params) });
    const first = step(state, x, y).loss.item();
    for (let i = 0; i < 50; i++) step(state, x, y);
    expect(step(state, x, y).loss.item()).toBeLessThan(first / 2);
    const learned: Network<NdArray> = state.read().params;
    expect(learned.layers[0]!.weight.shape).toEqual([2, 1]);
    state.write({ params: initial(), optimizer: optimizer.init(params) });
    expect(step(state, x, y).loss.item()).toBe(first);
  }
});

test("a state named by a type of one's own is read as that type", () => {
  const fresh: Training<NdArray> = { params: initial(), optimizer: adam().init(initial()), step: NdArray.zeros([]) };
  const inferred = resident(fresh);
  const named: Resident<Training<Tensor>> = inferred;
  const back: Training<NdArray> = named.read();
  expect(back).toEqual(fresh);
  const other = resident<Training<Tensor>>(fresh);
  const count = compile((state: Training<Tensor>) => ({ state: { ...state, step: state.step.add(1) } }));
  count(other);
  expect(other.read().step.item()).toBe(1);
  const params: Resident<Network<Tensor>> = other.part("params");
  expect(params.read()).toEqual(initial());
  const bias = params.part("layers").part(0).part("bias");
  bias.write(array([7]));
  expect(other.read().params.layers[0]!.bias.toNested()).toEqual([7]);
  // @ts-expect-error
  expect(() => params.part("more")).toThrow('resident: there is no part "more"');
  expect(() => params.part("layers").part(1)).toThrow("resident: there is no part 1");
});

test("trees keep their types: gradients, maps, zips and leaves", () => {
  const f = compile((params: Network<Tensor>, inputs: Tensor, targets: Tensor) => {
    const grads: Network<Tensor> = grad(lossOf)(params, inputs, targets);
    const doubled: Network<Tensor> = mapTree(grads, (g) => g.mul(2));
    const sums: Network<Tensor> = zipTrees(grads, doubled, (g, d) => g.add(d));
    const shapes: Network<readonly number[]> = mapTree(sums, ({ shape }) => shape);
    expect(shapes).toEqual({ layers: [{ weight: [2, 1], bias: [1] }], scale: { gain: [1] } });
    const total: Tensor = leaves(sums)
      .map(({ value }) => value.sum())
      .reduce((a, b) => a.add(b));
    return { total, pair: [grads.scale.gain, [total]] as const };
  });
  const { total, pair } = f(initial(), x, y);
  const [gain, [again]] = pair;
  expect([total, gain, again].map((a: NdArray) => a.shape)).toEqual([[], [1], []]);
});

test("plain arrays where a resident is needed", () => {
  const step = compile((state: Affine<Tensor>, by: Tensor) => ({
    state: { weight: state.weight.add(by), bias: state.bias },
  }));
  const params = initial().layers[0]!;
  // @ts-expect-error
  expect(() => step(params, 1)).toThrow(UserError);
  const weight = resident(params.weight);
  // @ts-expect-error
  expect(() => step({ weight, bias: resident(params.bias) }, 1)).toThrow(UserError);
  // @ts-expect-error
  expect(() => step.plan(params, 1)).toThrow(UserError);
  // @ts-expect-error
  expect(() => step(resident({ weight: params.weight }), 1)).toThrow();
  // @ts-expect-error
  expect(() => step(resident(params))).toThrow();
  step(resident(params), 1);
  step(resident(params), resident(array(1)));
});

test("a new state that lacks a key, has one more, or has no tensor there", () => {
  const params = { weight: array([1]), bias: array([2]) };
  // @ts-expect-error
  const dropping = compile((state: Affine<Tensor>) => ({ state: { weight: state.weight } }));
  expect(() => dropping(resident(params))).toThrow("compile: the new state lacks bias");
  // @ts-expect-error
  const adding = compile((state: Affine<Tensor>) => ({ state: { ...state, more: state.bias } }));
  expect(() => adding(resident(params))).toThrow("compile: the new state has more, which the old one has not");
  // @ts-expect-error
  const wrong = compile((state: Affine<Tensor>) => ({ state: { ...state, bias: 3 } }));
  expect(() => wrong(resident(params))).toThrow("compile: state bias must stay float32[1], received number");
  const nested = { layers: [params], scale: { gain: array([1]) } };
  // @ts-expect-error
  const deep = compile((state: Network<Tensor>) => ({ state: { ...state, scale: {} } }));
  expect(() => deep(resident(nested))).toThrow("compile: the new state lacks scale.gain");
  // @ts-expect-error
  const none = compile(() => ({ state: constant(1) }));
  expect(() => none()).toThrow("takes it as its first argument, made with resident(...)");
});

test("what is no tree of tensors or of numbers", () => {
  // @ts-expect-error
  expect(() => resident({ weight: "x" })).toThrow(UserError);
  // @ts-expect-error
  resident<Affine<Tensor>>({ weight: array([1]) });
  const params = { weight: array([1]), bias: array([2]) };
  // @ts-expect-error
  expect(() => resident(params).write({ weight: array([1]) })).toThrow(UserError);
  const loss = (p: { readonly weight: Tensor; readonly rate: number }): Tensor => p.weight.sum();
  expect(() =>
    compile((weight: Tensor) => {
      // @ts-expect-error
      const [value] = valueAndGrad(loss)({ weight, rate: 1 });
      return value;
    })(params.weight),
  ).toThrow();
  const sum = compile(({ weight }: Affine<Tensor>) => weight.sum());
  // @ts-expect-error
  expect(() => sum({ weight: "x", bias: 1 })).toThrow(UserError);
  expect(sum({ weight: Float32Array.of(1, 2), bias: 1 }).item()).toBe(3);
});

test("a function that never returns, or whose result is not known, takes plain arrays", () => {
  const never = compile((_: Tensor): never => {
    throw new UserError("no");
  });
  expect(() => never(1)).toThrow("no");
  const some = compile((a: Tensor): Tree<Tensor> => [a, { b: a }]);
  const result: Tree<NdArray> = some(2);
  expect(leaves(result).map(({ value }) => value.item())).toEqual([2, 2]);
});
