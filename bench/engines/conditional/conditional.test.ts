/** Forms of the conditional layer in the libraries that are installed with the bench, at sizes that share no factor. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { areInstalled } from "../../../scripts/side-folder.ts";
import { findPython, pytorchProgram } from "../../contestants.ts";
import { Handover } from "../../handover.ts";
import { EngineProcess } from "../../protocol.ts";
import { formsOf } from "../../subjects/conditional/field.ts";
import { onWasm } from "../../testing/wasm.ts";
import { type Conditional, conditionalCheck, conditionalInputs } from "../../workloads/conditional.ts";
import { conditionalSession } from "./heaviside.ts";
import { paddingOf, withZeroRow } from "./padding.ts";

const task: Conditional = {
  ...{ kind: "conditional", batch: 19, input: 11, blocks: 6, width: 5, output: 7, density: 0.23 },
};
const check = conditionalCheck(task);
const bench = fileURLToPath(new URL("../..", import.meta.url));

onWasm();

describe("our forms", () => {
  it.each([...formsOf("heaviside"), "dense sgd", "skip sgd", "skip touch-all"])(
    "%s is right, and stays so while it is timed",
    async (form) => {
      const session = conditionalSession(task, form);
      check(await session.evidence());
      expect((await session.slice(0.001)).work).toBeGreaterThan(0);
      check(await session.evidence());
    },
  );

  it("give some of the results where only they are wanted", async () => {
    const evidence = await conditionalSession(task, "skip y dweight").evidence();
    check(evidence, ["y", "dweight"]);
    expect(() => check(evidence, ["y", "dx"])).toThrow();
    expect(() => check(evidence)).toThrow(/were asked for/);
  });

  it("are refused by name where there is none", () => {
    for (const form of ["toString", "", "skip why", "skip sgd y"])
      expect(() => conditionalSession(task, form)).toThrow(`heaviside has no form ${form} of conditional`);
  });
});

const python = findPython(undefined);
describe.skipIf(python === undefined)("PyTorch's forms", () => {
  let engine: EngineProcess;
  const handover = new Handover();
  beforeAll(async () => {
    engine = new EngineProcess("PyTorch", pytorchProgram(python!, 1), bench);
    const { note } = await engine.request("start", { threads: 1, variant: "without autograd" });
    expect(note).toContain("backward pass by hand");
  });
  afterAll(async () => {
    await engine.stop();
    handover.clear();
  });

  it.each(formsOf("PyTorch"))("%s is right", async (form) => {
    check((await engine.request("open", { task, form, given: handover.give(task) })).evidence);
  });
});

// The other libraries are 620 MB and come with the first bench run that wants them; each such run checks them before it times them.
if (areInstalled(`${bench}peers`))
  describe("the peers' forms", () => {
    it.each(formsOf("onnxruntime-node"))("%s is right in onnxruntime-node", async (form) => {
      const { conditionalSession: session } = await import("./onnxruntime.ts");
      const { peers } = await import("../onnx-graph.ts");
      const open = (model: Uint8Array) => peers("onnxruntime-node").InferenceSession.create(model);
      check(await (await session(task, form, open)).evidence());
    });
  });

describe("padding", () => {
  const gates = conditionalInputs(task).gates;
  const { rows, examples, opened, pairs } = paddingOf(task, gates);

  it("holds every open pair once, and points beyond the end where a block or an example has fewer", () => {
    const found = new Float32Array(gates.length);
    for (const [place, row] of examples.entries())
      if (row < task.batch) found[row * task.blocks + Math.floor(place / rows)]! += 1;
    expect(found).toEqual(gates);
    expect(examples.filter((row) => row === task.batch)).toHaveLength(6 * rows - gates.reduce((a, b) => a + b));
  });

  it("leads from an example to its own pairs", () => {
    for (const [place, pair] of pairs.entries())
      if (pair < 6 * rows) expect(examples[pair]).toBe(Math.floor(place / opened));
    expect(pairs.filter((pair) => pair < 6 * rows)).toHaveLength(gates.reduce((a, b) => a + b));
  });

  it("adds a row of zeros", () => {
    expect(withZeroRow(Float32Array.of(1, 2, 3, 4), 2)).toEqual(Float32Array.of(1, 2, 3, 4, 0, 0));
  });
});
