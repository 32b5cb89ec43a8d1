import { describe, expect, it } from "vitest";
import { sealed } from "../../../runs/index.ts";
import type { Connection } from "./client.ts";
import { ALIVE_S, type Errand, presentOn } from "./errand.ts";
import { errandOf, failedFor, isShare, presentIn, returnedIn } from "./received.ts";

const base = { data: "folder", hidden: "3" };
const errand: Errand = {
  ...{ sweep: "s-1", backend: "wasm", work: { kind: "train", base }, until: undefined, metric: undefined },
  trial: { number: 0, id: "0-00000000", name: "rate 0.1", point: { rate: "0.1" }, seed: 1 },
};
const scored = {
  ...{ state: "done", value: 1, by: "error", better: "lower", metric: "error", unit: "%" },
  ...{ epochs: 6, selectedEpoch: 2, test: { error: 2 }, seconds: 1 },
};

describe("what is read from Redis", () => {
  it("is a worker as it says itself, in one line, or is refused", () => {
    const present = { host: "h", pid: 1, queue: "trainings", slots: 2, running: ["rate 0.1"] };
    expect(presentIn(JSON.stringify(present), "worker")).toEqual(present);
    const withCodes = JSON.stringify({ ...present, host: "h\u001b[31m", running: ["a\nb\u0007"] });
    expect(presentIn(withCodes, "worker")).toEqual({ ...present, host: "h [31m", running: ["a b "] });
    const others: readonly object[] = [{ slots: "x" }, { slots: 0 }, { slots: 1e9 }, { slots: 1.5 }, { running: 5 }];
    const fields = [...others, { running: [5] }, { host: null }, { pid: -1 }, { pid: "1" }, { queue: 3 }];
    for (const wrong of fields)
      expect(() => presentIn(JSON.stringify({ ...present, ...wrong }), "worker")).toThrow(/^worker\.\w+.* must /);
    for (const text of ["null", "{bad", "[]", "5", '"x"', ""])
      expect(() => presentIn(text, "worker")).toThrow(/^worker(:1:\d+:)? must be /);
  });

  it("says a key that no worker writes, counts the workers beside it, and none whose key would never end", async () => {
    const good = JSON.stringify({ host: "h", pid: 1, queue: "q", slots: 2, running: [] });
    const lives: { readonly [id: string]: readonly [text: string | null, life: number] } = {
      ...{ a: [good, 10_500], bad: ["{bad", 9000], b: [good, 12_000], gone: [null, -2] },
      ...{ ever: [good, -1], late: [good, 3_600_000], passed: [good, -2] },
    };
    const forgotten: string[] = [];
    const of = (key: string) => lives[key.split(":").at(-1)!]!;
    const redis = {
      smembers: async () => Object.keys(lives),
      mget: async (...keys: string[]) => keys.map((key) => of(key)[0]),
      pttl: async (key: string) => of(key)[1],
      srem: async (_: string, ...ids: string[]) => forgotten.push(...ids),
    };
    const said: string[] = [];
    const key: Connection["key"] = (...parts) => parts.join(":");
    const found = await presentOn({ key, redis } as unknown as Connection, (text) => said.push(text));
    expect(found.map(({ silence }) => silence)).toEqual([ALIVE_S - 10.5, 0]);
    expect(forgotten).toEqual(["gone"]);
    expect(said.map((text) => /"worker:(\w+)"/.exec(text)![1])).toEqual(["bad", "ever", "late"]);
  });

  it("is a job that a sweep sends, with no more than that", () => {
    const sent = JSON.parse(JSON.stringify({ ...errand, folder: "elsewhere", machine: { threads: 1000 } }));
    expect(errandOf({ id: "j", data: sent }, undefined)).toEqual(errand);
    const own = { url: "file:///own.mjs", sum: "0" };
    const calls = { ...sent, work: { kind: "objective", url: "data:text/javascript,evil" } };
    expect(errandOf({ id: "j", data: calls }, own).work).toEqual({ kind: "objective", url: own.url });
    const trial = (wrong: object): object => ({ ...sent, trial: { ...sent.trial, ...wrong } });
    for (const rate of [0.1, "0.1"])
      expect(errandOf({ id: "j", data: { ...trial({ values: { rate, more: 1 } }), work: calls.work } }, own).trial.values).toEqual({ rate }); // biome-ignore format: one line
    const wrong: readonly unknown[] = [
      ...[null, "x", [], { ...sent, sweep: "../../x" }, { ...sent, sweep: { a: 1 } }, { ...sent, sweep: undefined }],
      ...[trial({ seed: "abc" }), trial({ seed: -1 }), trial({ name: { a: 1 } }), trial({ point: null })],
      ...[trial({ values: {} }), trial({ values: { rate: 0.2 } }), trial({ values: { rate: ["0.1"] } })],
      ...[trial({ point: { rate: 1 } }), trial({ point: JSON.parse('{"__proto__":"1"}') }), trial({ number: "0" })],
      ...[trial({ id: "../../code" }), trial({ id: 5 }), { ...sent, trial: null }, { ...sent, backend: "constructor" }],
      ...[
        { ...sent, backend: 5 },
        { ...sent, until: "x" },
        { ...sent, until: 0 },
        { ...sent, metric: {} },
      ],
      ...[{ ...sent, work: { kind: "train", base: null } }, { ...sent, work: null }, calls],
    ];
    for (const data of wrong)
      expect(() => errandOf({ id: "j", data }, undefined)).toThrow(/^worker: job j is no trial of a sweep: .* must /);
    expect(() => errandOf({ id: "j", data: sent }, own)).toThrow(/work\.kind must be one of objective/);
  });

  it("is a result whose fields are those of one, or a failure of that trial alone", () => {
    expect(returnedIn(sealed(scored), errand)).toEqual(scored);
    expect(returnedIn(sealed({ state: "cancelled" }), errand)).toEqual({ state: "cancelled" });
    const failed = { state: "failed", error: "data: no\n    at x", lacking: true };
    expect(returnedIn(sealed(failed), errand)).toEqual(failed);
    const { epochs: _, selectedEpoch: __, test: ___, ...plain } = scored;
    const called = { ...errand, work: { kind: "objective", url: "file:///x" } } as const;
    expect(returnedIn(sealed({ ...plain, by: "value" }), called)).toEqual({ ...plain, by: "value" });
    const paused = { ...plain, state: "paused", epochs: 3, selectedEpoch: 2 };
    expect(returnedIn(sealed(paused), { ...errand, until: 3 })).toEqual(paused);
    const wrong: readonly object[] = [
      ...[{ hello: 1 }, { state: "lost" }, { state: "failed" }, { state: "failed", error: { a: 1 } }, paused],
      ...[
        { ...scored, value: "<script>" },
        { ...scored, value: null },
        { ...scored, value: undefined },
      ],
      ...[
        { ...scored, better: "best" },
        { ...scored, by: 5 },
        { ...scored, metric: undefined },
        { ...scored, unit: {} },
      ],
      ...[{ ...scored, epochs: "xxx" }, { ...scored, epochs: 0 }, { ...scored, selectedEpoch: 7 }, plain],
      ...[
        { ...scored, test: "abc" },
        { ...scored, test: { error: "low" } },
        { ...scored, seconds: -1 },
      ],
    ];
    for (const one of wrong)
      expect(returnedIn(sealed(one), errand)).toMatchObject({
        state: "failed",
        error: expect.stringMatching(/^result in Redis: /),
      });
    expect(returnedIn(sealed(scored), { ...errand, metric: "nll" })).toMatchObject({
      error: expect.stringContaining("by must be one of nll"),
    });
    expect(returnedIn(sealed({ ...paused, epochs: 4 }), { ...errand, until: 3 })).toMatchObject({ state: "failed" });
    for (const text of ["null", "junk", undefined, {}, sealed(scored).replace('"value":1', '"value":0')])
      expect(returnedIn(text, errand)).toMatchObject({ state: "failed", error: /^result in Redis.*sweep retry/ });
  });

  it("can't speak to a terminal", () => {
    const code = "\u001b]0;title\u0007";
    const result = sealed({ ...scored, metric: code, unit: "\n<b>" });
    const reason = sealed({ state: "failed", error: `${code}\nat x` });
    for (const found of [returnedIn(result, errand), returnedIn(reason, errand), failedFor(code)])
      expect(JSON.stringify(found)).not.toMatch(/\\u00|\\n<b>/);
    expect(failedFor("")).toEqual({ state: "failed", error: "its worker gave no reason" });
    expect(failedFor("x".repeat(1e6)).error.length).toBeLessThan(5000);
  });

  it("is a share of a trial from 0 to 1", () => {
    expect([0, 0.5, 1].every(isShare)).toBe(true);
    expect([-1, 2, Number.NaN, Number.POSITIVE_INFINITY, "0.5", null, { share: 1 }].some(isShare)).toBe(false);
  });
});
