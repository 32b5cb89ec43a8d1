import { describe, expect, test } from "vitest";
import { drawn } from "./testing.ts";
import { neighboursOf, type Umap, umap, weightsOf } from "./umap.ts";

const normals = (seed: number): (() => number) => {
  const next = drawn(seed);
  return () => next() + next() + next() + next() - 2;
};

/** Four clouds in ten dimensions, far from each other. */
function clouds(rows: number): { readonly x: Float64Array; readonly kinds: Int32Array } {
  const normal = normals(3);
  const kinds = Int32Array.from({ length: rows }, (_, row) => row % 4);
  const x = Float64Array.from({ length: 10 * rows }, (_, i) => normal() + (i % 10 === kinds[Math.floor(i / 10)] ? 6 : 0)); // biome-ignore format: one line
  return { x, kinds };
}

/** A first map that knows nothing. */
function anywhere(rows: number): Umap {
  const normal = normals(5);
  return { x: Float64Array.from({ length: rows }, normal), y: Float64Array.from({ length: rows }, normal) };
}

const flat = ({ x, y }: Umap): Float64Array => Float64Array.from({ length: 2 * x.length }, (_, i) => (i % 2 ? y : x)[i >> 1]!); // biome-ignore format: one line

test("neighbours by hand", () => {
  const { rows, distances } = neighboursOf(Float64Array.of(0, 0, 3, 4, 0, 1, 3, 3), 4, 2);
  expect([...rows]).toEqual([2, 3, 3, 2, 0, 3, 1, 2]);
  expect([...distances]).toEqual([1, Math.sqrt(18), 1, Math.sqrt(18), 1, Math.sqrt(13), 1, Math.sqrt(13)]);
});

test("weights fall from 1 at the nearest, and sum to the logarithm of how many there are", () => {
  const { x } = clouds(80);
  const near = neighboursOf(x, 80, 14);
  const weights = weightsOf(near);
  for (let row = 0; row < 80; row++) {
    const own = [...weights.subarray(14 * row, 14 * (row + 1))];
    expect(own[0]).toBe(1);
    expect(own.every((weight, i) => i === 0 || weight <= own[i - 1]!)).toBe(true);
    expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(Math.log2(15), 9);
  }
});

describe("a map", () => {
  const { x, kinds } = clouds(200);
  const map = umap(x, 200, anywhere(200));

  test("keeps together what is alike, wherever it begins", () => {
    const { rows } = neighboursOf(flat(map), 200, 10);
    const alike = rows.reduce((sum, other, i) => sum + (kinds[other] === kinds[Math.floor(i / 10)] ? 1 : 0), 0);
    expect(alike / rows.length).toBeGreaterThan(0.99);
  });

  test("is wider than a point, and finite", () => {
    expect(flat(map).every(Number.isFinite)).toBe(true);
    const { distances } = neighboursOf(flat(map), 200, 1);
    expect(distances.filter((distance) => distance > 0.01).length).toBeGreaterThan(150);
  });

  test("is a function of its rows, its beginning and its seed", () => {
    expect(umap(x, 200, anywhere(200))).toEqual(map);
    expect(umap(x, 200, anywhere(200), 1)).not.toEqual(map);
  });

  test("equal rows make a map too", () => {
    const { x: found } = umap(new Float64Array(60), 20, { x: new Float64Array(20), y: new Float64Array(20) });
    expect(found.every(Number.isFinite)).toBe(true);
    expect(new Set(found).size).toBe(20);
  });
});

test("a ring stays a ring: its neighbours are the map's", () => {
  const rows = 150;
  const x = Float64Array.from({ length: 2 * rows }, (_, i) => (i % 2 ? Math.sin : Math.cos)((2 * Math.PI * (i >> 1)) / rows)); // biome-ignore format: one line
  const { rows: near } = neighboursOf(flat(umap(x, rows, anywhere(rows))), rows, 4);
  const gaps = Array.from(near, (other, i) => {
    const gap = Math.abs(other - Math.floor(i / 4));
    return Math.min(gap, rows - gap);
  });
  expect(gaps.filter((gap) => gap <= 6).length / gaps.length).toBeGreaterThan(0.9);
});
