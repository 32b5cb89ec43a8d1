import { expect, test } from "vitest";
import { evaluate } from "../graph/index.ts";
import { key } from "./key.ts";
import { sharedKey, tile } from "./shared-key.ts";

const own = key(5).fold(2);

test("sharedKey: copies of a batch meet the draw of the batch itself", () => {
  const shared = sharedKey(key(5), 3).fold(2);
  const [uniform, normal, logistic] = [own.uniform([3, 4]), own.normal([3, 4]), own.logistic([3, 4])];
  const [u, n, z, once, tiledU, tiledN, tiledZ] = evaluate([
    shared.uniform([6, 4]),
    shared.normal([9, 4]),
    shared.logistic([6, 4]),
    shared.uniform([3, 4]),
    tile(uniform, 2),
    tile(normal, 3),
    tile(logistic, 2),
  ]);
  expect(u).toEqual(tiledU);
  expect(n).toEqual(tiledN);
  expect(z).toEqual(tiledZ);
  expect(once).toEqual(evaluate([uniform])[0]);
});

test("sharedKey: draws that are no copies of the batch are the key's own", () => {
  const shared = sharedKey(key(5), 3).fold(2);
  expect(evaluate([shared.uniform([4])])).toEqual(evaluate([own.uniform([4])]));
});

test("tile: whole copies one after another", () => {
  const [x] = evaluate([tile(own.uniform([2, 1]), 2)]);
  expect(x!.shape).toEqual([4, 1]);
  expect([...x!.data.slice(2)]).toEqual([...x!.data.slice(0, 2)]);
});
