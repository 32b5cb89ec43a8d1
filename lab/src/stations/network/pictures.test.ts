import { expect, it } from "vitest";
import { pictureOf, placeText, tiled } from "./pictures.ts";

it("lays feature maps side by side, with a line between two, and finds each number again", () => {
  const shape = [2, 3, 4] as const;
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const { columns, rows, values, cellOf, placeOf } = tiled([...shape], data, 3);
  expect([columns, rows]).toEqual([11, 5]);
  // Row 1, column 2 of map 3 (from 0), which begins the second row of maps.
  expect(values[(3 + 1) * 11 + 2]).toBe((1 * 3 + 2) * 4 + 3);
  const places = Array.from(data, (_, place) => placeOf(cellOf(place)!));
  expect(places).toEqual([...data]);
  // Two maps are missing in the second row; a column between two maps, and a row, are lines.
  expect(Array.from(values).filter(Number.isNaN)).toHaveLength(2 * 5 + 11 - 2);
  expect(Array.from(values).filter((value) => value === 0)).toHaveLength(1 + 2 * 6);
  expect([3, 2 * 11].map(placeOf)).toEqual([undefined, undefined]);
  const few = tiled([...shape], data, 2, 2);
  expect([few.columns, few.rows, few.cellOf(2)]).toEqual([7, 2, undefined]);
});

it("draws steps as rows, kernels by what they read and feed, and says where a number stands", () => {
  const of = (shape: readonly number[], id = "h1") => {
    const { columns, rows } = pictureOf({ id, shape }, [28, 28], new Float32Array(shape.reduce((n, d) => n * d, 1)), false); // biome-ignore format: one line
    return [columns, rows];
  };
  expect([of([28, 64]), of([784], "x"), of([400]), of([5, 5, 1, 8]), of([3, 3, 2, 5])]).toEqual([[64, 28], [28, 28], [20, 20], [17, 17], [19, 7]]); // biome-ignore format: one line
  expect(placeText({ shape: [14, 14, 8] }, (3 * 14 + 5) * 8 + 2)).toBe("map 3, row 4, column 6");
  expect(placeText({ shape: [28, 64] }, 64 * 2 + 7)).toBe("neuron 8 at row 3");
  expect(placeText({ shape: [400] }, 0)).toBe("1 of 400");
});
