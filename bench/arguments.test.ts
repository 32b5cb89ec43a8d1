import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UserError } from "../src/errors.ts";
import { parseArguments, usage } from "./arguments.ts";

const parse = (line: string, cores = 2) => parseArguments(line.split(" ").filter(Boolean), cores);

describe("the bench's arguments", () => {
  it("without any: every workload, on one and two threads", () => {
    const options = parse("");
    expect(options).toMatchObject({ threads: [1, 2], peers: false, seconds: 0.5, rounds: 5 });
    expect(options).toMatchObject({ backends: ["native", "wasm"], backendsAsked: false });
    expect(options.tasks.map((task) => task.kind)).toEqual([
      ...["gemm", "gemm", "gemm", ...Array(5).fill("step"), "sigmoid", "uniform"],
      ...["ceiling", "ceiling", "ceiling", "ceiling"],
    ]);
    expect(parse("", 1).threads).toEqual([1]);
  });

  it("take one size or several", () => {
    expect(parse("gemm 96x1500x700").tasks).toEqual([{ kind: "gemm", m: 96, k: 1500, n: 700 }]);
    expect(parse("gemm 1x2x3 4x5x6").tasks).toHaveLength(2);
    expect(parse("step 784-1200-10 784-20-10:37 --batch 64").tasks).toMatchObject([{ batch: 64 }, { batch: 37 }]);
    expect(parse("step 784-1200-800-10 --batch 64").tasks).toEqual([
      { kind: "step", units: [784, 1200, 800, 10], batch: 64, stochastic: false },
    ]);
    expect(parse("stochastic 20-10-2").tasks).toEqual([
      { kind: "step", units: [20, 10, 2], batch: 100, stochastic: true },
    ]);
    expect(parse("elementwise 77").tasks).toEqual([
      { kind: "sigmoid", count: 77 },
      { kind: "uniform", count: 77 },
    ]);
    expect(parse("ceiling").tasks).toHaveLength(4);
  });

  it("take the flags", () => {
    expect(
      parse("gemm --threads 2,1,2 --backend wasm,native --peers --python py --seconds .1 --rounds 3"),
    ).toMatchObject({
      threads: [2, 1],
      backends: ["wasm", "native"],
      backendsAsked: true,
      peers: true,
      python: "py",
      seconds: 0.1,
      rounds: 3,
    });
    for (const line of ["--help", "conditional --help", "startup --density 3 --help"])
      expect(parse(line).help).toBe(true);
    expect(parse("gemm 5x6x7 --rounds 3").command).toBe("npm run bench -- gemm 5x6x7 --rounds 3");
  });

  it.each([
    ["gemm 96x1500", /three positive integers such as 96x1500x700; received 96x1500$/],
    ["gemm 0x5x5", /three positive integers.*received 0x5x5/],
    ["gemm 1x2x3x4", /received 1x2x3x4/],
    ["gemm 5x-5x5", /received 5x-5x5/],
    ["gemm 1e3x5x5", /received 1e3x5x5/],
    ["gemm 1x99999x99999", /at most 134217728 elements.*received 1x99999x99999/],
    ["step 784", /at least three positive integers such as 784-1200-800-10; received 784$/],
    ["stochastic 784-x-10", /^stochastic: .*received 784-x-10/],
    ["step 99999-99999-10", /at most 134217728 weights/],
    ["step 784-1200-10:0", /^the batch behind a size's colon takes a positive integer; received 0$/],
    ["step 784-1200-10:3:4", /^the batch behind a size's colon takes a positive integer; received 3:4$/],
    ["step 784-1200-10 --batch 0", /^--batch takes a positive integer; received 0/],
    ["gemm --batch 3", /^--batch belongs to step and stochastic; received with gemm/],
    ["elementwise many", /from 1 to 134217728; received many/],
    ["ceiling 5", /^ceiling takes no size; received 5/],
    ["gem", /^a workload is one of gemm, step, stochastic, elementwise, ceiling; received gem$/],
    ["toString", /^a workload is one of/],
    ["--threads 0", /counts from 1 to 64 such as 1,2; received 0/],
    ["--threads 1,,2", /received 1,,2/],
    ["--backend native,", /^--backend takes names such as native,wasm; received native,$/],
    ["--seconds -1", /--seconds/],
    ["--seconds never", /above 0, at most 600; received never/],
    ["--rounds 2.5", /^--rounds takes a positive integer; received 2.5/],
    ["--fast", /^Unknown option '--fast'; --help/],
    ["--json", /--json.*argument missing/],
  ])("refuse %s in one line", (line, message) => {
    let failure: unknown;
    try {
      parse(line);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).not.toContain("\n");
  });

  it("refuse a results file that could not be written, before anything is measured", () => {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    try {
      mkdirSync(join(folder, "taken"));
      expect(parse(`--json ${join(folder, "rows.json")}`).json).toBe(join(folder, "rows.json"));
      expect(() => parse(`--json ${join(folder, "none", "rows.json")}`)).toThrow(/can be written to; received/);
      expect(() => parse(`--json ${join(folder, "taken")}`)).toThrow(/name of a file/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are all in the help", () => {
    const options = ["batch", "threads", "backend", "peers", "python", "seconds", "rounds", "json", "help"];
    for (const option of options) expect(usage).toContain(`--${option}`);
  });
});
