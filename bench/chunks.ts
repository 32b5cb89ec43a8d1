/** How kernels/ divide a program among threads, as its own C says: compiled for the purpose, by whatever compiler is there. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "../src/backends/engine/encode.ts";
import { sizeOf } from "../src/graph/ndarray.ts";
import type { Plan } from "../src/plan/plan.ts";

/** Of an instruction: whether the calling thread does it alone, and else the chunks of its two phases that threads take. */
export interface Division {
  readonly alone: boolean;
  readonly chunks: readonly [first: number, second: number];
}

/** Of a program: its instructions, and how often all threads wait for each other. */
export interface Divided {
  readonly barriers: number;
  readonly instructions: readonly Division[];
}

const compilers = process.env.CC ? [process.env.CC] : ["clang-19", "clang", "gcc", "cc"];
const source = fileURLToPath(new URL("chunks.c", import.meta.url));
const flags = ["-std=gnu17", "-O1", "-march=native", "-fno-strict-aliasing", "-w"];

/** Arena, constants and inputs, then the parts of a program that are run one after the other, as chunks.c reads them. */
function wordsOf({ arena, constantSize, inputs, instructions, mayFail }: Plan): Int32Array {
  const bytes = [arena, constantSize, ...inputs.map(({ shape }) => sizeOf(shape))].map((elements) => 4 * elements);
  const parts = [instructions.slice(0, mayFail), instructions.slice(mayFail)].filter(({ length }) => length > 0);
  return Int32Array.from([bytes.length, ...bytes, ...parts.flatMap((part) => [...encode(part)])]);
}

/** What chunks.c says: a line for each part. */
export function parseDivision(text: string): Divided {
  const lines = text.trim().split("\n");
  return {
    barriers: lines.reduce((sum, line) => sum + Number(line.split(" ", 1)[0]), 0),
    instructions: lines.flatMap((line) =>
      line
        .split(" ")
        .slice(1)
        .map((words): Division => {
          const [alone, first, second] = words.split(",").map(Number) as [number, number, number];
          return { alone: alone === 1, chunks: [first, second] };
        }),
    ),
  };
}

/**
 * How plans for the best instruction set of this processor are divided; undefined where no C compiler is there. What of a plan depends on its
 * data, as gates do, is that of zeros.
 */
export function divisions(plans: readonly Plan[]): readonly Divided[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), "heaviside-chunks-"));
  const program = join(folder, "chunks");
  try {
    const isBuilt = compilers.some((cc) => spawnSync(cc, [...flags, source, "-lm", "-o", program]).status === 0);
    if (!isBuilt) return undefined;
    return plans.map((plan) => {
      const { status, signal, stdout } = spawnSync(program, { input: Buffer.from(wordsOf(plan).buffer) });
      if (status !== 0) throw new Error(`chunks.c ended with ${signal ?? `exit code ${status}`}`);
      return parseDivision(stdout.toString());
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
