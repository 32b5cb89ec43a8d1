/** The recurrent and the spiking layer in every library that is installed with the bench, at sizes that share no factor. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { areInstalled } from "../../../scripts/side-folder.ts";
import { type Entry, findPython, furtherPeerEntries, peerEntries, pytorchProgram } from "../../contestants.ts";
import { Handover } from "../../handover.ts";
import { EngineProcess } from "../../protocol.ts";
import { takesPart } from "../../subjects/recurrent/field.ts";
import { formsOf } from "../../subjects/spiking/index.ts";
import { onWasm } from "../../testing/wasm.ts";
import { passes, type Recurrent, recurrent } from "../../workloads/recurrent.ts";
import { type Spiking, spiking } from "../../workloads/spiking.ts";
import { spikingSession } from "../spiking/heaviside.ts";
import { recurrentSession } from "./heaviside.ts";

const layer = { kind: "recurrent", cell: "lstm", batch: 6, length: 5, input: 3, units: 7 } as const;
const fired: Spiking = { kind: "spiking", batch: 5, length: 4, units: 11, activity: 0.3 };
const bench = fileURLToPath(new URL("../..", import.meta.url));

onWasm();

describe("our recurrent layer", () => {
  it.each(passes)("is right in its %s, and is timed", async (pass) => {
    const task: Recurrent = { ...layer, pass };
    const session = recurrentSession(task);
    recurrent.checker(task)(await session.evidence());
    expect((await session.slice(0.001)).work).toBeGreaterThan(0);
  });
});

describe("our spiking layer", () => {
  it.each(formsOf("heaviside"))(
    "is right in its form %s at each activity, and stays so while it is timed",
    async (form) => {
      for (const activity of [0.3, 1, 0.01]) {
        const task = { ...fired, activity };
        const check = spiking.checker(task);
        const session = spikingSession(task, form);
        check(await session.evidence());
        expect((await session.slice(0.001)).work).toBeGreaterThan(0);
        check(await session.evidence());
      }
    },
  );

  it("has no other form", () => {
    for (const form of ["toString", "", "gather"])
      expect(() => spikingSession(fired, form)).toThrow(`heaviside has no form ${form} of spiking`);
  });
});

const python = findPython(undefined);
describe.skipIf(python === undefined)("PyTorch", () => {
  const withEngine = async (variant: string, use: (engine: EngineProcess, handover: Handover) => Promise<void>) => {
    const engine = new EngineProcess("PyTorch", pytorchProgram(python!, 1), bench);
    const handover = new Handover();
    try {
      await engine.request("start", { threads: 1, variant });
      await use(engine, handover);
    } finally {
      await engine.stop();
      handover.clear();
    }
  };

  it.each(["autograd", "by hand"])("is right in both passes, %s, and stays so while it is timed", (variant) =>
    withEngine(variant, async (engine, handover) => {
      for (const pass of passes) {
        const task: Recurrent = { ...layer, pass };
        const given = handover.give(task);
        recurrent.checker(task)((await engine.request("open", { task, given })).evidence);
        expect((await engine.request("slice", { seconds: 0.001 })).work).toBeGreaterThan(0);
      }
    }),
  );

  it("is right in its forms of the spiking layer", () =>
    withEngine("autograd", async (engine, handover) => {
      const given = handover.give(fired);
      for (const form of formsOf("PyTorch"))
        spiking.checker(fired)((await engine.request("open", { task: fired, form, given })).evidence);
    }));
});

// The other libraries are 770 MB and come with the first bench run that wants them; each such run checks them before it times them.
if (areInstalled(`${bench}peers`)) {
  const entries: Entry[] = [...peerEntries({ threads: [1] }, undefined), ...furtherPeerEntries({ threads: [1] })];
  const taking = entries.filter(({ name }) => takesPart(name, { ...layer, pass: "forward" }));

  describe("the peers' recurrent layer", () => {
    it.each(taking)("is right in $name", async ({ name, program, variant }) => {
      const engine = new EngineProcess(name, program, bench);
      try {
        await engine.request("start", { threads: 1, variant });
        for (const pass of passes) {
          const task: Recurrent = { ...layer, pass };
          const opened = engine.request("open", { task });
          if (takesPart(name, task)) recurrent.checker(task)((await opened).evidence);
          else await expect(opened).rejects.toThrow(`${name}: ${name} trains no recurrent layer`);
        }
      } finally {
        await engine.stop();
      }
    });
  });
}
