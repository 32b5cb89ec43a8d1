/** The convolutional network in every library that is installed with the bench, at sizes that share no factor. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { areInstalled } from "../../../scripts/side-folder.ts";
import { type Entry, findPython, peerEntries, pytorchProgram } from "../../contestants.ts";
import { Handover } from "../../handover.ts";
import { EngineProcess } from "../../protocol.ts";
import { convForms } from "../../subjects/conv/field.ts";
import { onWasm } from "../../testing/wasm.ts";
import { type Conv, conv, convPasses } from "../../workloads/conv.ts";
import { convSession } from "./heaviside.ts";

const task: Conv = { kind: "conv", pass: "step", batch: 6, image: [9, 13, 2], channels: [3, 5], size: 3 };
const bench = fileURLToPath(new URL("../..", import.meta.url));

onWasm();

describe("our convolutional network", () => {
  it.each(convPasses)("is right in its %s, and is timed", async (pass) => {
    const session = convSession({ ...task, pass });
    conv.checker({ ...task, pass })(await session.evidence());
    expect((await session.slice(0.001)).work).toBeGreaterThan(0);
  });
});

/** Opens both passes in every form that an engine has, and holds them to float64. */
async function checkAll({ name, program, variant }: Entry): Promise<void> {
  const engine = new EngineProcess(name, program, bench);
  const handover = new Handover();
  try {
    await engine.request("start", { threads: 1, variant });
    for (const pass of convPasses) {
      const of: Conv = { ...task, pass };
      const given = name === "PyTorch" ? { given: handover.give(of) } : {};
      const forms = convForms(name, pass);
      if (forms.length === 0)
        await expect(engine.request("open", { task: of })).rejects.toThrow(/trains no convolutional network$/);
      for (const form of forms) {
        const way = form === undefined ? {} : { form };
        conv.checker(of)((await engine.request("open", { task: of, ...way, ...given })).evidence);
        expect((await engine.request("slice", { seconds: 0.001, ...way })).work).toBeGreaterThan(0);
      }
    }
  } finally {
    await engine.stop();
    handover.clear();
  }
}

const python = findPython(undefined);
describe.skipIf(python === undefined)("PyTorch's convolutional network", () => {
  it("is right in all its forms", () =>
    checkAll({ name: "PyTorch", role: "peer", threads: 1, variant: "autograd", program: pytorchProgram(python!, 1) }));
});

// The other libraries are 770 MB and come with the first bench run that wants them; each such run checks them before it times them.
if (areInstalled(`${bench}peers`)) {
  const taking = peerEntries({ threads: [1] }, undefined).filter(({ name }) => convForms(name, "forward").length > 0);
  describe("the peers' convolutional network", () => {
    it.each(taking)("is right in $name", checkAll);
  });
}
