import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { clock, epochsOf, firstOf, secondsLeft, shortNames, stepsOf, testedOf, validationOf } from "./records.ts";

const folder = "lab/e2e/runs/disarm";
const json = (name: string) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
const lines = readFileSync(`${folder}/metrics.jsonl`, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

test("reads what a run says of itself", () => {
  const read = lines.map(validationOf);
  expect(read).not.toContain(undefined);
  expect(read.at(-1)).toMatchObject({ epoch: 12, step: 600, valid: lines.at(-1).valid, train: lines.at(-1).train });
  expect(epochsOf(json("config.json"))).toBe(12);
  expect(testedOf(json("result.json"))).toEqual(json("result.json").test);
});

test("knows how long it takes from what is done", () => {
  const half = lines.slice(0, 6).map((line) => validationOf(line)!);
  const config = json("config.json");
  expect(stepsOf(config, half)).toBe(600);
  expect(secondsLeft(config, half)).toBeCloseTo(half.at(-1)!.seconds!, 6);
  expect(secondsLeft(config, [])).toBeUndefined();
  expect(stepsOf({}, half)).toBeUndefined();
  expect([0, 59.6, 61, 3725].map(clock)).toEqual(["0:00", "1:00", "1:01", "1:02:05"]);
});

test.each([null, 3, "text", [], {}, { epoch: 1 }, { epoch: "1", step: 2 }, { epoch: null, step: 1 }])(
  "says nothing of a line without an epoch: %j",
  (line) => expect(validationOf(line)).toBeUndefined(),
);

test("leaves out what is no number, and takes samples' scores where there are no others", () => {
  const line = validationOf({
    epoch: 1,
    step: 2,
    train: { nll: 1, gates: [{ open: 1 }] },
    valid: { stochastic: { nll: 2 } },
  });
  expect(line!.train).toEqual({ nll: 1 });
  expect(firstOf(line!.valid)).toEqual({ nll: 2 });
});

test("names runs by what tells them apart", () => {
  expect(shortNames(["a/b/c", "a/b/d/1", "a/b/d/2"])).toEqual(["c", "d/1", "d/2"]);
  expect(shortNames(["a/b", "a"])).toEqual(["a/b", "a"]);
  expect(shortNames(["a/b/c"])).toEqual(["a/b/c"]);
  expect(shortNames([])).toEqual([]);
});

test("has what a training warned of", () => {
  const message = "hidden1: 9 of 10 units fire for none";
  const warnings = [{ kind: "dead units", where: "hidden1", message }, { kind: "dead units" }, null, "no"];
  expect(validationOf({ epoch: 1, step: 2, warnings })!.warnings).toEqual([message]);
  expect(validationOf({ epoch: 1, step: 2, warnings: message })!.warnings).toEqual([]);
  expect(lines.flatMap((line) => validationOf(line)!.warnings)).toEqual([]);
});
