import type { DType, NdArray } from "../../src/index.ts";
import type { Draws } from "./draws.ts";
import type { Heaviside } from "./targets/target.ts";

const small = [0, 1, 2, 3, 4, 5, 6];
const strange = [-1, -7, 7, 24, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 + 1, 2 ** 53, 1e300, -0, "3", null, true, 3n, [2], {}, undefined]; // biome-ignore format: one line

/** A size or a place: mostly a small one, otherwise one that no array has, or no number. */
export const hostileNumber = (draws: Draws): unknown => draws.of(draws.oneIn(2) ? small : strange);

/** A shape of as many elements as [4, 6] has, another one, or a list that is another one each time that it is read. */
export function hostileShape(draws: Draws): unknown {
  const kind = draws.below(6);
  if (kind < 2) return draws.of([[24], [6, 4], [2, 3, 4], [4, 6], [1, 24], [4, 6, 1], [2, 4, 6]]);
  if (kind === 2) return Array.from({ length: draws.below(4) }, () => hostileNumber(draws));
  if (kind === 3)
    return draws.of([hostileNumber(draws), [-1], new Array(2), { length: 2, 0: 4, 1: 6 }, "46", Array(70).fill(1)]);
  const lengths = [draws.of([4, 6, 24]), draws.of([1, 4, 6, 2 ** 20])];
  let reads = 0;
  const first = draws.of([4, 24, 2]);
  return kind === 4
    ? Object.defineProperty([4, 6], 0, { get: () => (reads++ % 2 === 0 ? 4 : first * 1000), enumerable: true })
    : new Proxy([4, 6], { get: (of, key) => (key === "1" && reads++ > 1 ? lengths[1] : Reflect.get(of, key)) });
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Small numbers; as indices mostly rows that there are, now and then none. */
export function ordinary({ array }: Heaviside, draws: Draws, dtype: DType, shape: readonly number[]): NdArray {
  const far = draws.oneIn(3) ? [-1, 4, 5, 6, 24, 2 ** 31 - 1, -(2 ** 31)] : [0];
  const value = (): number =>
    dtype === "int32" ? (draws.oneIn(6) ? draws.of(far) : draws.below(4)) : Math.fround(draws.below(200) / 16 - 6);
  const values = Array.from({ length: sizeOf(shape) }, value);
  return array(dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values), { shape });
}

/** Arrays that lie: they give other numbers each time that they are read. */
export const liars = new WeakSet<NdArray>();

/** The same numbers in memory that isn't as it was, or isn't the caller's alone. */
export function hostileArray(heaviside: Heaviside, draws: Draws, dtype: DType, shape: readonly number[]): NdArray {
  const { array } = heaviside;
  const from = ordinary(heaviside, draws, dtype, shape);
  const { length, byteLength } = from.data;
  const over = (buffer: ArrayBufferLike, offset = 0): Float32Array => {
    const view = new Float32Array(buffer as ArrayBuffer, offset, length);
    view.set(from.data);
    return view;
  };
  switch (draws.below(8)) {
    case 0: {
      // Handed over to another owner.
      const made = array(over(new ArrayBuffer(byteLength)), { shape });
      structuredClone(made.data.buffer, { transfer: [made.data.buffer as ArrayBuffer] });
      return made;
    }
    case 1: {
      const buffer = Reflect.construct(ArrayBuffer, [byteLength, { maxByteLength: 2 * byteLength }]);
      const made = array(over(buffer), { shape });
      buffer.resize(draws.of([0, 4, byteLength / 2, byteLength - 4, 2 * byteLength]));
      return made;
    }
    case 2: {
      // As long as its buffer, whatever that becomes.
      const buffer = Reflect.construct(ArrayBuffer, [byteLength, { maxByteLength: 2 * byteLength }]);
      const view = new Float32Array(buffer);
      view.set(from.data);
      const made = array(view, { shape });
      buffer.resize(draws.of([0, byteLength / 2, 2 * byteLength, byteLength]));
      return made;
    }
    case 3:
      return array(over(new SharedArrayBuffer(byteLength)), { shape });
    case 4:
      return array(over(new ArrayBuffer(byteLength + 64), 4 * draws.below(8)), { shape });
    case 5: {
      const memory = new WebAssembly.Memory({ initial: 1 });
      const made = array(over(memory.buffer, 1024), { shape });
      // The buffer that it had is of no length from then on.
      if (draws.oneIn(2)) memory.grow(1);
      return made;
    }
    case 6:
      return array(from.data, { shape: hostileShape(draws) as number[] });
    default: {
      const other = new Float32Array(draws.below(9));
      let reads = 0;
      const liar: NdArray = Object.create(from, { data: { get: () => (reads++ % 3 === 2 ? other : from.data) } });
      liars.add(liar);
      return liar;
    }
  }
}
