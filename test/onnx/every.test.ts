/** Each network that the library's tables can name, as ONNX in both runtimes and as a script. */
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import * as engine from "../../src/entries/engine.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import * as library from "../../src/index.ts";
import { Draws } from "../attack/draws.ts";
import { agreement, parameters, type Runtime, sampled } from "../attack/targets/exports.ts";
import { everyNetwork } from "./networks.ts";
import { loadRuntimes, runtimeFiles } from "./runtimes.ts";

const heaviside = { ...library, ...engine };
const { networks, refused } = everyNetwork();
const all = Object.values(networks).flat();
const drawsOf = (name: string): Draws => new Draws(crc32(new TextEncoder().encode(name)));

test("what the library refuses to build is refused for what it is and not for its export", () => {
  const reasons = [
    /exact: enumerates /,
    / runs all later steps again at each step: /,
    /spike needs units that decide one by one, received .*, whose units are one-hot$/,
    // One gate for an image or a step.
    /: categorical units: a layer's units must be a multiple of classes \(4\), received a layer of 1$/,
    /gater low-rank: rank must be a whole number at least 1 and at most 1, |tree gater: .*, received 1 blocks$/,
    /: kl needs a rate with a derivative, |: a recurrent stage takes controls that add to the loss: /,
  ];
  expect(refused.filter((text) => !reasons.some((reason) => reason.test(text)))).toEqual([]);
  for (const reason of reasons) expect(refused.some((text) => reason.test(text))).toBe(true);
});

test("the script of each of them takes less than 10 kB beside its weights", () => {
  const sizes = all.map(({ name, model }) => {
    const text = library.toScript({ model, params: model.init(1).params });
    return { name, bytes: new TextEncoder().encode(text.replace(/atob\("[^"]*"\)/, "")).length };
  });
  expect(sizes.filter(({ bytes }) => bytes >= 10_000)).toEqual([]);
  // Otherwise nothing was taken off, or all of it.
  expect(Math.min(...sizes.map(({ bytes }) => bytes))).toBeGreaterThan(1000);
});

const installed = Object.values(runtimeFiles).every(existsSync);
describe.skipIf(!installed)("in both runtimes [needs npm install --prefix test/onnx]", () => {
  let runtimes: Readonly<Record<string, Runtime>>;
  beforeAll(async () => {
    runtimes = await loadRuntimes();
  });

  test.each(Object.entries(networks))(
    "those of %s predict what the library does, and so do their scripts",
    async (_, own) => {
      const compare = await agreement(heaviside, runtimes);
      const ended: Record<string, number> = {};
      for (const { name, model } of own) {
        const draws = drawsOf(name);
        const how = await compare(model, parameters(heaviside, model, draws), draws);
        ended[how] = (ended[how] ?? 0) + 1;
      }
      // An example beside a jump is a matter of chance; a network of which nothing can be compared would be none.
      expect(ended["at a jump"]).toBeUndefined();
      expect(ended.agree).toBeGreaterThan(0.98 * own.length);
    },
  );

  test("each of them samples: finite numbers of the shapes that a prediction has", async () => {
    for (const { name, model } of all.filter((_, i) => i % 4 === 0)) {
      const draws = drawsOf(name);
      await sampled(heaviside, runtimes, model, parameters(heaviside, model, draws), draws);
    }
  });
});
