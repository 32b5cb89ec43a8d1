import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { philoxWords } from "../random/philox.ts";
import { loadDataset } from "./index.ts";
import { type PlaneOptions, planeSources } from "./plane.ts";

type Shape = keyof typeof planeSources;
const shapes = Object.keys(planeSources) as Shape[];
/** The points of a part with their classes, in the unit of the shapes. */
async function points(shape: Shape, options: PlaneOptions = {}, part: "train" | "valid" | "test" = "train") {
  const { size, fields } = (await loadDataset(shape, options))[part];
  const { data } = fields.x;
  return Array.from({ length: size }, (_, i) => ({
    label: fields.label.data[i]!,
    x: data[2 * i]! / 5,
    y: data[2 * i + 1]! / 5,
  }));
}

/** Where a point lies without noise, by the words that belong to it and Math's own sine. */
const places: { readonly [S in Shape]: (label: number, next: () => number) => readonly number[] } = {
  circles(label, next) {
    const [from, to] = label === 1 ? [0, 0.5] : [0.7, 1];
    const r = Math.sqrt(from * from + (to * to - from * from) * next());
    const angle = 2 * Math.PI * next();
    return [r * Math.cos(angle), r * Math.sin(angle)];
  },
  moons(label, next) {
    // As make_moons of scikit-learn has them, about the middle of both, and two thirds of the size.
    const angle = Math.PI * next();
    const [x, y] = label === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    return [(x - 0.5) / 1.5, (y - 0.25) / 1.5];
  },
  spirals(label, next) {
    const u = next();
    const angle = 2 * Math.PI * 1.75 * u + Math.PI * label;
    return [(0.1 + 0.9 * u) * Math.cos(angle), (0.1 + 0.9 * u) * Math.sin(angle)];
  },
  xor(label, next) {
    const [x, y] = [0.05 + 0.95 * next(), 0.05 + 0.95 * next()];
    const sign = next() < 0.5 ? -1 : 1;
    return [sign * x, (label === 1 ? sign : -sign) * y];
  },
  clouds(label, next) {
    const sum = () => Array.from({ length: 12 }, next).reduce((total, u) => total + u, -6);
    return [0, 0].map(() => (label === 1 ? 0.4 : -0.4) + 0.2 * sum());
  },
};
const word = (seed: number, domain: number, i: number) => {
  const next = philoxWords([seed, 0], domain, [i, 0]);
  return () => Math.floor(next() / 256) / 2 ** 24;
};

describe.each(shapes)("%s", (shape) => {
  test.each([
    ["train", 0x504c4e30],
    ["valid", 0x504c4e31],
    ["test", 0x504c4e32],
  ] as const)("has its points where the words of the %s part say", async (part, domain) => {
    const found = await points(shape, { noise: 0, seed: 7 }, part);
    const apart = found.map(({ label, x, y }, i) => {
      const [wantedX, wantedY] = places[shape](label, word(7, domain, i));
      return Math.max(Math.abs(x - wantedX!), Math.abs(y - wantedY!));
    });
    expect(Math.max(...apart)).toBeLessThan(1e-6);
    expect(found.map(({ label }) => label)).toEqual(found.map((_, i) => i % 2));
  });

  test("moves each coordinate by noise of the standard deviation that is asked for", async () => {
    const clean = await points(shape, { noise: 0 });
    const noisy = await points(shape, { noise: 2 });
    const more = await points(shape, { noise: 4 });
    const moved = clean.flatMap(({ x, y }, i) => [5 * (noisy[i]!.x - x), 5 * (noisy[i]!.y - y)]);
    const twice = clean.flatMap(({ x, y }, i) => [5 * (more[i]!.x - x), 5 * (more[i]!.y - y)]);
    expect(Math.max(...moved.map((by, i) => Math.abs(twice[i]! - 2 * by)))).toBeLessThan(1e-4);
    const mean = moved.reduce((sum, by) => sum + by, 0) / moved.length;
    const variance = moved.reduce((sum, by) => sum + (by - mean) ** 2, 0) / moved.length;
    // Five standard errors of 2,000 draws.
    expect(Math.abs(mean)).toBeLessThan((5 * 2) / Math.sqrt(2000));
    expect(Math.abs(variance / 4 - 1)).toBeLessThan(5 * Math.sqrt(2 / 2000));
  });

  test("gives the same first points however many there are, and others for another seed", async () => {
    const all = await points(shape);
    expect(all).toHaveLength(1000);
    expect(await points(shape, { examples: 10, valid: 1, test: 1 })).toEqual(all.slice(0, 10));
    expect((await points(shape, { seed: 1 }))[0]).not.toEqual(all[0]);
    expect((await points(shape, {}, "test"))[0]).not.toEqual(all[0]);
  });

  test("says what breaks a rule", async () => {
    await expect(loadDataset(shape, { noise: -1 })).rejects.toThrow(
      new UserError(`data: ${shape}: noise must be a finite number at least 0 and at most 10, received -1`),
    );
    await expect(loadDataset(shape, { examples: 0 })).rejects.toThrow(`data: ${shape}: examples must be`);
    await expect(loadDataset(shape, { seed: 2 ** 32 })).rejects.toThrow(`data: ${shape}: seed must be`);
  });
});
