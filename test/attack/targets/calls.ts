import type { Backend, Compiled, NdArray, Tensor } from "../../../src/index.ts";
import { Draws } from "../draws.ts";
import { hostileArray, hostileNumber, hostileShape, liars, ordinary } from "../hostile-values.ts";
import { checkMessage, type Heaviside, type Target } from "./target.ts";

/** How a call ended: with numbers, or with what it said. */
type Ending = readonly NdArray[] | string;
/** A lying array's numbers depend on how often a backend reads it: no more is asked than that nothing breaks. */
const UNSURE = "unsure";
type Call = (heaviside: Heaviside, draws: Draws, xs: readonly Tensor[]) => Tensor | readonly Tensor[];

const of = (draws: Draws): never => hostileNumber(draws) as never;
const shape = (draws: Draws): never => hostileShape(draws) as never;
const axis = (draws: Draws): never =>
  draws.of([0, 1, -1, 2, ...(draws.oneIn(3) ? [hostileNumber(draws)] : [])]) as never;
const window = (draws: Draws): object => {
  const sizes = (): unknown => (draws.oneIn(4) ? hostileNumber(draws) : draws.of([1, 2, [1, 2]]));
  return {
    ...(draws.oneIn(2) && { stride: sizes() }),
    ...(draws.oneIn(3) && { dilation: sizes() }),
    ...(draws.oneIn(2) && {
      padding: draws.of([
        "same",
        "valid",
        [
          [1, 0],
          [0, 2],
        ],
        hostileNumber(draws),
      ]),
    }),
  };
};

/** Calls that hand sizes, places and indices on: x is [4, 6] of floats, i [5] of int32, image [2, 6, 5, 4]. */
const calls: Readonly<Record<string, Call>> = {
  gather: (h, _, [x, i]) => h.gather(x!, i!),
  gatherOfRows: (h, draws, [x, i]) =>
    h.gather(h.reshape(x!, [draws.of([24, 12, 8, 3, 1]), -1 + 1 + draws.of([1, 2, 3, 8, 24])]), i!),
  scatterAdd: (h, draws, [x, i]) => h.scatterAdd(h.slice(h.reshape(x!, [24]), 0, 5), i!, of(draws)),
  oneHot: (h, draws, [, i]) => h.oneHot(i!, of(draws), draws.of(["float32", "int32"])),
  crossEntropy: (h, draws, [x, i]) => h.crossEntropy(h.slice(h.concat([x!, x!], 0), 0, 5), draws.oneIn(2) ? i! : h.slice(h.concat([i!, i!]), 1, 6)), // biome-ignore format: one line
  topK: (h, draws, [x]) => {
    const { values, indices } = h.topK(x!, of(draws));
    return [values, indices];
  },
  kthLargest: (h, draws, [x]) => h.kthLargest(x!, of(draws)),
  slice: (h, draws, [x]) =>
    h.slice(x!, draws.oneIn(2) ? of(draws) : [of(draws), of(draws)], draws.oneIn(2) ? of(draws) : undefined),
  pad: (h, draws, [x]) => h.pad(x!, [of(draws), draws.below(3)], [draws.below(3), of(draws)]),
  reshape: (h, draws, [x]) => h.reshape(x!, shape(draws)),
  broadcastTo: (h, draws, [x]) => h.broadcastTo(draws.oneIn(2) ? x! : h.sum(x!), shape(draws)),
  sumTo: (h, draws, [x]) => h.sumTo(x!, shape(draws)),
  transpose: (h, draws, [x]) => h.transpose(x!, draws.of([[1, 0], [0, 1], [of(draws), of(draws)], shape(draws)])),
  expandDims: (h, draws, [x]) => h.expandDims(x!, axis(draws)),
  reduce: (h, draws, [x]) =>
    draws.of([h.sum, h.mean, h.max, h.min])(x!, draws.oneIn(2) ? axis(draws) : [axis(draws), axis(draws)]),
  argmax: (h, draws, [x]) => h.argmax(x!, axis(draws)),
  softmax: (h, draws, [x]) => h.softmax(x!, axis(draws)),
  concat: (h, draws, [x]) => h.concat([x!, h.slice(x!, draws.below(4))], axis(draws)),
  stack: (h, draws, [x]) => h.stack([x!, x!], axis(draws)),
  arange: (h, draws) => h.arange(of(draws)),
  uniform: (h, draws) => h.floor(h.key(draws.below(9)).fold(of(draws)).uniform(shape(draws))),
  matmul: (h, draws, [x]) =>
    h.matmul(h.slice(x!, [0, draws.below(7)]), h.reshape(x!, draws.of([[6, 4], shape(draws)]))),
  conv2d: (h, draws, [, , image]) => h.conv2d(image!, h.reshape(h.slice(h.reshape(image!, [240]), 0, 48), draws.of([[2, 2, 4, 3], [3, 4, 4, 1], [1, 1, 4, 12], [4, 3, 1, 4], shape(draws)])), { ...window(draws), ...(draws.oneIn(3) && { groups: of(draws) }) } as never), // biome-ignore format: one line
  pool: (h, draws, [, , image]) =>
    draws.of([h.maxPool, h.avgPool])(
      image!,
      draws.oneIn(2) ? of(draws) : ([2, of(draws)] as never),
      window(draws) as never,
    ),
  clip: (h, draws, [x]) => h.clip(x!, draws.of([-1, Number.NaN, 0]), draws.of([1, Infinity, -1])),
  cast: (h, _, [x]) => h.cast(x!.mul(1e9), "int32"),
};

const NEAR = 1e-4;

/** Where two endings differ, in words. */
function difference(a: Ending, b: Ending): string | undefined {
  if (a === UNSURE || b === UNSURE) return undefined;
  // Engines have a bound for it, which the definition doesn't need.
  if (typeof b === "string" && b.includes("a window may reach over")) return undefined;
  // Engines look at no index for a result without elements.
  if (typeof a === "string" && a.includes("without rows")) return undefined;
  if (typeof a === "string" && typeof b !== "string" && / index/.test(a) && b.some(({ data }) => data.length === 0))
    return undefined;
  if (typeof a === "string" || typeof b === "string") return a === b ? undefined : `${told(a)} and ${told(b)}`;
  for (const [k, { data, shape }] of a.entries()) {
    const other = b[k]!;
    if (`${shape}` !== `${other.shape}`) return `[${shape}] and [${other.shape}]`;
    for (let i = 0; i < data.length; i++) {
      const [x, y] = [data[i]!, other.data[i]!];
      if (!(Object.is(x, y) || x === y || Math.abs(x - y) <= NEAR * (1 + Math.abs(x))))
        return `${x} and ${y} at ${i} of array ${k}`;
    }
  }
  return undefined;
}

const told = (ending: Ending): string =>
  typeof ending === "string" ? ending : ending.map(String).join(" ").slice(0, 300);

/** What a call that is refused says, without the backend's name. */
function said({ UserError }: Heaviside, error: unknown, name: string): string {
  if (!(error instanceof UserError)) throw error;
  // The caller's line follows.
  const [message] = error.message.split("\n") as [string];
  checkMessage(message);
  return message.replaceAll(new RegExp(`\\b${name}\\b`, "g"), "BACKEND");
}

/** One call, on arrays of hostile memory, as every backend takes it: with handed-over arrays or residents, a second time with other ones. */
function perform(heaviside: Heaviside, on: Backend, draws: Draws): Ending {
  const call = calls[draws.of(Object.keys(calls))]!;
  const results: NdArray[] = [];
  let lies = false;
  try {
    const own = draws.below(2 ** 30);
    const withGradient = draws.oneIn(3);
    const f = heaviside.compile(
      (x: Tensor, i: Tensor, image: Tensor) => {
        const made = call(heaviside, new Draws(own), [x, i, image]);
        const list = Array.isArray(made) ? (made as readonly Tensor[]) : [made as Tensor];
        if (!withGradient || list[0]!.dtype === "int32") return list;
        const g = heaviside.grad((y: Tensor) =>
          heaviside.sum([call(heaviside, new Draws(own), [y, i, image])].flat()[0] as Tensor),
        )(x);
        return [...list, g];
      },
      { backend: on },
    ) as unknown as Compiled<never[], never> & ((...args: unknown[]) => readonly NdArray[]);
    for (let times = 1 + draws.below(2); times > 0; times--) {
      const hostile = draws.oneIn(3);
      const x = hostile
        ? hostileArray(heaviside, draws, "float32", [4, 6])
        : ordinary(heaviside, draws, "float32", [4, 6]);
      const i = ordinary(heaviside, draws, "int32", [5]);
      const image = draws.oneIn(5)
        ? hostileArray(heaviside, draws, "float32", [2, 6, 5, 4])
        : ordinary(heaviside, draws, "float32", [2, 6, 5, 4]);
      lies ||= liars.has(x) || liars.has(image);
      const lives = draws.oneIn(4);
      const given = lives ? heaviside.resident(x as never, { backend: on }) : x;
      results.push(...f(given, i, image));
      if (lives && draws.oneIn(2)) {
        (given as { dispose(): void }).dispose();
        results.push(...f(given, i, image));
      }
    }
  } catch (error) {
    const message = said(heaviside, error, on.name);
    return lies ? UNSURE : message;
  }
  return lies ? UNSURE : results;
}

/** Calls of what hands sizes, indices and memory to a backend, with values that aren't right: refused in the same words by all backends, or the reference's numbers. */
export const callsTarget: Target = async ({ heaviside }) => {
  const reference = await heaviside.backend("reference");
  const others: Backend[] = [await heaviside.backend("wasm", { threads: 2 })];
  try {
    others.push(await heaviside.backend("native", { threads: 2 }));
  } catch (error) {
    if (!(error instanceof heaviside.UserError)) throw error;
  }
  return async (draws) => {
    const own = draws.below(2 ** 30);
    const wanted = perform(heaviside, reference, new Draws(own));
    for (const on of others) {
      const differs = difference(wanted, perform(heaviside, on, new Draws(own)));
      if (differs) throw new Error(`reference and ${on.name}: ${differs}`);
    }
    return typeof wanted === "string" ? "refused" : "the reference's numbers";
  };
};
