/** What the subjects do beside measuring: their sizes, their checks, and the processes that they start. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tree } from "../../src/entries/engine.ts";
import { UserError } from "../../src/errors.ts";
import { needed } from "../../src/graph/evaluate.ts";
import { array, type NdArray as Values } from "../../src/index.ts";
import { type Forward, forward, stepOf } from "../workloads/forward.ts";
import { ReferenceNetwork } from "../workloads/reference-network.ts";
import { initialWeights, stepData } from "../workloads/training-step.ts";
import { checkAgreement, parseNetwork } from "./ablation.ts";
import { chainProgram, programOf, recurrenceProgram } from "./compile.ts";
import { laneOf } from "./engine-lane.ts";
import { subjectHelp, subjects } from "./index.ts";
import { besideBusyProcesses } from "./neighbour.ts";
import { startBackend, Training } from "./network.ts";
import { phases } from "./startup.ts";
import type { SubjectOptions } from "./subject.ts";

const options: SubjectOptions = {
  ...{ sizes: [], threads: [1], backends: ["wasm"], peers: false, seconds: 0.001, rounds: 1 },
};
const none = () => {};

describe("ablation", () => {
  it("takes networks, with an s where units fire at random", () => {
    expect(parseNetwork("784-20-10")).toMatchObject({ units: [784, 20, 10], batch: 100, stochastic: false });
    expect(parseNetwork("s784-20-10")).toMatchObject({ units: [784, 20, 10], stochastic: true });
    for (const wrong of ["s", "ss784-20-10", "784", "s784-x"]) expect(() => parseNetwork(wrong)).toThrow(UserError);
  });

  it("refuses plans that disagree in the loss, in an array, or by something that is no number", () => {
    const evidence = (loss: number, ...values: number[]) => ({ loss, state: { w: array(values) } as Tree<Values> });
    const wanted = evidence(2, 3, 4);
    expect(() => checkAgreement("x", evidence(2.0001, 3, 4.001), wanted)).not.toThrow();
    expect(() => checkAgreement("without chain", evidence(2.001, 3, 4), wanted)).toThrow(
      /^without chain: the loss is 2.001/,
    );
    expect(() => checkAgreement("x", evidence(2, 3, 4.1), wanted)).toThrow(/^x: w differs by 0.0\d+ of its size/);
    expect(() => checkAgreement("x", evidence(Number.NaN, 3, 4), wanted)).toThrow(/loss is NaN/);
    expect(() => checkAgreement("x", evidence(2, Number.NaN, 4), wanted)).toThrow(/differs by NaN/);
  });

  it("measures each optimizer with all fusions, without each, and without any, all of them in agreement", async () => {
    const contests = [];
    for await (const contest of subjects.ablation!.contests({ ...options, sizes: ["s12-9-3"] }, none)) {
      contests.push(contest.workload);
      expect(contest.lanes.map(({ setting }) => setting)).toEqual([
        ...["everything", "without epilogue", "without update", "without chain", "without rows"],
        "without any",
      ]);
      for (const lane of contest.lanes) expect(await lane.take()).toBeGreaterThan(0);
    }
    expect(contests).toEqual(["sgd", "momentum", "adam"].map((name) => `ablation s12-9-3 batch 100, ${name}`));
  });
});

describe("a network in training", () => {
  it("shows the loss of the second step from the same state, however often it was trained before", async () => {
    const { backend } = await startBackend("reference", 1);
    const training = new Training(parseNetwork("6-5-3"), "momentum", backend);
    const step = training.plan();
    const first = training.evidence(step);
    step();
    expect(training.evidence(step)).toEqual(first);
    expect((first.state as unknown as { step: Values }).step.item()).toBe(2);
  });
});

describe("compile", () => {
  it.each([
    ["chain", chainProgram],
    ["recurrence", recurrenceProgram],
  ])("makes a %s of nearly so many operations", (_, make) => {
    for (const wanted of [100, 1000]) {
      const { inputs, outputs } = programOf(make, wanted);
      expect(Math.abs(needed(outputs).length - inputs.length - wanted)).toBeLessThan(wanted / 10);
    }
  });

  it("refuses sizes that are no numbers of operations", async () => {
    for (const size of ["many", "5", "1e3", "1000000"])
      await expect(subjects.compile!.contests({ ...options, sizes: [size] }, none).next()).rejects.toThrow(
        /^compile: a size is a number of operations from 20 to 100000; received/,
      );
  });
});

describe("neighbours", () => {
  /** Children of this process that run. */
  const children = (): number[] =>
    readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);

  it.skipIf(!existsSync(`/proc/${process.pid}/task/${process.pid}/children`))(
    "run while the work is done and are gone afterwards, even where it fails",
    async () => {
      const before = children().length;
      expect(await besideBusyProcesses(2, 300, () => children().length - before)).toBe(2);
      expect(children().length).toBe(before);
      const failing = besideBusyProcesses(1, 300, () => {
        throw new Error("out of luck");
      });
      await expect(failing).rejects.toThrow("out of luck");
      expect(children().length).toBe(before);
    },
  );
});

describe("startup", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "startup-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (program: string) => {
    const file = join(folder, "program.mjs");
    writeFileSync(file, program);
    return phases(process.execPath, [file]);
  };

  it("gives a program's phases and the whole process, which takes longer", async () => {
    const found = await run('console.log(JSON.stringify({ import: 1.5, "first step": 2, loss: 2.30244 }));');
    expect(found).toMatchObject({ import: 1.5, "first step": 2 });
    expect(found).not.toHaveProperty("loss");
    expect(found["whole process"]).toBeGreaterThan(3.5);
  });

  it("refuses a program whose loss is wrong, and one that dies, with its last words", async () => {
    await expect(run("console.log(JSON.stringify({ import: 1, loss: 2.31 }));")).rejects.toThrow(
      /first loss is 2.31, not 2.30/,
    );
    await expect(run("console.log(JSON.stringify({ import: 1 }));")).rejects.toThrow(/first loss is undefined/);
    await expect(run('throw new Error("out of luck");')).rejects.toThrow(/gave no answer; it said:[\s\S]*out of luck/);
  });
});

describe("overhead", () => {
  it("measures a forward pass and a training step of one example, each engine checked before it is timed", async () => {
    const workloads: string[] = [];
    for await (const contest of subjects.overhead!.contests({ ...options, sizes: ["12-9-3"] }, none)) {
      workloads.push(contest.workload);
      const [lane] = contest.lanes;
      expect(lane).toMatchObject({ engine: "heaviside wasm", threads: 1 });
      expect(await lane!.take()).toBeGreaterThan(0);
      expect(await lane!.cpuSeconds!()).toBeGreaterThan(0);
    }
    expect(workloads).toEqual(["overhead forward 12-9-3 batch 1", "overhead step 12-9-3 batch 1"]);
  });

  it("times no engine that is wrong, and gives microseconds of one run", async () => {
    const asked: string[] = [];
    const answers = { open: { evidence: [1] }, slice: { work: 500, seconds: 0.002 }, usage: { cpuSeconds: 7 } };
    const request = async (kind: string) => {
      asked.push(kind);
      return answers[kind as keyof typeof answers];
    };
    const engine = { name: "A", role: "peer", threads: 2, note: "fast", process: { request } } as never;
    const task: Forward = { kind: "forward", units: [6, 5, 3], batch: 1 };
    const refuse = () => {
      throw new Error("wrong");
    };
    const value = (runsPerSecond: number) => 1e6 / runsPerSecond;
    await expect(laneOf(engine, { task, check: refuse, seconds: 0.1, value })).rejects.toThrow("A is wrong: wrong");
    expect(asked).toEqual(["open"]);
    const lane = await laneOf(engine, { task, check: none, seconds: 0.1, value });
    expect(lane).toMatchObject({ engine: "A", threads: 2, note: "fast" });
    expect([await lane.take(), await lane.cpuSeconds!()]).toEqual([4, 7]);
  });

  it("a forward pass is right where every score is", () => {
    const task: Forward = { kind: "forward", units: [6, 5, 3], batch: 2 };
    const check = forward.checker(task);
    const exact = new ReferenceNetwork(stepOf(task), initialWeights(stepOf(task))).scores(stepData(stepOf(task)).x);
    expect(exact).toHaveLength(6);
    expect(() => check([...exact])).not.toThrow();
    expect(() => check([...exact].map((score, i) => (i === 4 ? score + 1e-3 : score)))).toThrow(/^score 4 is/);
    expect(() => check([...exact].fill(Number.NaN))).toThrow(/^score 0 is NaN/);
    expect(() => check([...exact].slice(1))).toThrow("6 scores were asked for, 5 came");
  });
});

describe("the help of a subject", () => {
  it.each(Object.entries(subjects))(
    "of %s has its example, what it is about, its usual values and its columns",
    (name, { example, about }) => {
      const help = subjectHelp(name);
      expect(help).toContain(`npm run bench -- ${example}\n\n${about}\n`);
      expect(help).toMatch(/\nusual values\n( {2}\S.*\n)+/);
      expect(help).toMatch(/\ncolumns\n( {2}\S.* {2}\S.*\n)+/);
    },
  );

  it("of skip says what × lstm is, its sizes and its own lists", () => {
    const help = subjectHelp("skip");
    expect(help).toMatch(/\n {2}× lstm {2}/);
    expect(help).toContain("\n  sizes  28-256\n");
    expect(help).toContain("--batch, --length");
  });
});
