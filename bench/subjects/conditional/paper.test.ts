import { describe, expect, it } from "vitest";
import type { Row } from "../../rows.ts";
import { parseSubject } from "../arguments.ts";
import { startBackend } from "../network.ts";
import { conditional } from "./index.ts";
import { PaperTraining, paperReport } from "./paper.ts";

describe("the paper's net", () => {
  it("settles at the share of open gates that is asked for, and skipping agrees with evaluating", async () => {
    const { backend } = await startBackend("wasm", 1);
    for (const gate of ["score-function", "noisy-rectifier"] as const) {
      const training = new PaperTraining(backend, gate, 3);
      training.settle(0.1);
      training.check();
      for (const form of ["skip", "evaluated"] as const) expect(training.step(form)()).toBeCloseTo(0.1, 1);
    }
    await backend.close();
  });

  it("has a possible gain in training that is less than forward, where the gater's backward pass doesn't count", async () => {
    const { backend } = await startBackend("wasm", 1);
    const training = new PaperTraining(backend, "score-function", 3);
    const [first, second, incoming, outgoing] = [784 * 400, 400 * 2000, 784 * 2000, 2000 * 10];
    // Forward, the weights' gradients, and what flows back through the gater's second layer and the blocks' outgoing weights.
    const gater = 2 * first + 3 * second;
    const blocks = 2 * incoming + 3 * outgoing;
    expect(training.possible(1)).toBeCloseTo(1, 9);
    expect(training.possible(0.1)).toBeCloseTo((gater + blocks) / (gater + 0.1 * blocks), 9);
    await backend.close();
  });

  it("is timed skipping and evaluated, on each backend, gate and batch", async () => {
    const line = "conditional paper --batch 2 --backend wasm --threads 1 --seconds 0.001";
    const found: string[] = [];
    for await (const { workload, lanes, task } of conditional.contests(parseSubject(line.split(" "), 2)!, () => {})) {
      found.push(workload);
      expect(lanes.map(({ setting }) => setting)).toEqual(["evaluated", "skip"]);
      expect(task).toMatchObject({ part: "paper", batch: 2, density: 0.1 });
      expect(await lanes[1]!.take()).toBeGreaterThan(0);
    }
    expect(found).toEqual(
      ["score-function", "noisy-rectifier"].map((gate) => `paper 784-2000-10, gater 400, ${gate}, batch 2, 10 % open`),
    );
  });
});

describe("the report on the paper's net", () => {
  const row = (form: string, value: number, ratio?: number): Row => ({
    ...{ workload: `paper, batch 32, ${form}`, engine: "heaviside native", threads: 2, value, min: value, max: value },
    ...{ unit: "ms", values: [value], note: "", task: { density: 0.1, open: 0.101, possible: 1.86, form } },
    ...(ratio && {
      timesAsFast: [{ engine: "heaviside native, evaluated", threads: 2, min: ratio, median: ratio, max: ratio }],
    }),
  });

  it("says what is possible and whether it is reached", () => {
    const lines = (ratio: number) => paperReport([row("evaluated", 20), row("skip", 10, ratio)]).split("\n");
    expect(lines(1.8).slice(3)).toEqual([
      "  10.1 % of the gates are open: by the multiply-adds of a training step 1.86× would be possible",
      "  heaviside native 2T: at least 1.8× is asked, 1.80× (1.80–1.80) measured: reached",
    ]);
    expect(lines(1.79).at(-1)).toMatch(/missed$/);
  });
});
