/** Inputs that are the same in every engine's process: functions of a seed and an index alone. */

/** A bijective mix of 32 bits (the finalizer of MurmurHash3), as a number in (0, 1). */
function open(seed: number, index: number): number {
  let bits = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca77);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (((bits ^ (bits >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

export function uniforms(seed: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.fround(open(seed, i)));
}

/** Normal draws with mean 0 by Box and Muller's transform. */
export function normals(seed: number, count: number, deviation = 1): Float32Array {
  const draw = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    draw[i] = deviation * Math.sqrt(-2 * Math.log(open(seed, 2 * i))) * Math.cos(2 * Math.PI * open(seed, 2 * i + 1));
  }
  return draw;
}

/** Integers in [0, below). */
export function integers(seed: number, count: number, below: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => Math.floor(open(seed, i) * below));
}

/** `wanted` indices spread over [0, count), the first and the last among them. */
export function sampleIndices(count: number, wanted = 64): number[] {
  if (count <= wanted) return Array.from({ length: count }, (_, i) => i);
  // A stride that shares no factor with usual sizes would still miss columns; draws don't.
  return [0, count - 1, ...integers(count, wanted - 2, count)];
}
