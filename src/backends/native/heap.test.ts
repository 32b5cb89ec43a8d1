import { expect, test } from "vitest";
import { NativeHeap } from "./heap.ts";

const MIB = 2 ** 20;

/** A heap whose buffers lie where the test says, wide apart and not at multiples of 64. */
function fakeHeap(): NativeHeap {
  let next = 2 ** 40 + 8;
  return new NativeHeap(() => {
    next += 2 ** 33;
    return next;
  });
}

test("pieces don't overlap, start at multiples of 64 bytes, and are used again", () => {
  const heap = fakeHeap();
  const [a, b, c] = [heap.take(100), heap.take(1), heap.take(64)];
  for (const address of [a, b, c]) expect(address % 64).toBe(0);
  expect([b - a, c - b]).toEqual([128, 64]);
  heap.give(a);
  heap.give(b);
  expect(heap.take(190)).toBe(a);
});

test("no piece reaches beyond its slab", () => {
  const heap = fakeHeap();
  const first = heap.take(3 * MIB);
  const second = heap.take(3 * MIB);
  expect(Math.abs(second - first)).toBeGreaterThan(2 ** 32);
  // The rest of the first slab is still used, to its last byte.
  expect(heap.take(MIB)).toBe(first + 3 * MIB);
  expect(heap.bytes).toBe(8 * MIB);
});

test("what is put at an address is what is got from there, in every slab", () => {
  const heap = fakeHeap();
  const addresses = [heap.take(4 * MIB), heap.take(40 * MIB), heap.take(16)];
  const data = addresses.map((_, i) => Float32Array.of(i, -i, 0.5 * i, 7));
  addresses.forEach((address, i) => heap.put(address, data[i]!));
  addresses.forEach((address, i) => expect(heap.get(address, { shape: [2, 2], dtype: "float32" })).toEqual(data[i]!));
  heap.put(addresses[0]! + 8, Int32Array.of(-5));
  expect(heap.get(addresses[0]! + 8, { shape: [], dtype: "int32" })).toEqual(Int32Array.of(-5));
});

test("a pointer is written as 64 bits, the lower half first", () => {
  const heap = fakeHeap();
  const table = heap.take(32);
  heap.point(table, 1, 0x1234_89ab_cdef);
  const words = new Uint32Array((heap.get(table, { shape: [4], dtype: "int32" }) as Int32Array).buffer);
  expect([...words.slice(2)]).toEqual([0x89ab_cdef, 0x1234]);
});

test("a slab goes when nothing is left in it, but for the first", () => {
  const heap = fakeHeap();
  const small = heap.take(64);
  const large = heap.take(50 * MIB);
  expect(heap.bytes).toBe(54 * MIB);
  heap.give(large);
  expect(heap.bytes).toBe(4 * MIB);
  heap.give(small);
  expect(heap.bytes).toBe(4 * MIB);
  expect(heap.take(64)).toBe(small);
});

test("more than the system gives is refused with the size, and nothing is lost by it", () => {
  const heap = fakeHeap();
  const first = heap.take(64);
  expect(() => heap.take(2 ** 53 - 2 ** 20)).toThrow(
    /^native: the arrays and intermediate results need 8,388,608 GiB of memory, this machine has /,
  );
  expect(heap.take(64)).toBe(first + 64);
});
