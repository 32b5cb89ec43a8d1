import { Field } from "../../field.ts";
import type { SubjectOptions } from "../subject.ts";
import { formsOf, layerEntries } from "./field.ts";
import { inTurn, layerContest } from "./layer.ts";
import { layerTasks, type SizeLists } from "./sizes.ts";

/** Each size on its own, the others as they are in the layer; blocks are narrower, so that the widest layer fits into memory. */
export const sweeps: Readonly<Record<string, SizeLists>> = {
  density: { density: [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1] },
  blocks: { width: [16], blocks: [8, 16, 32, 64, 128, 256, 512, 1024] },
  width: { width: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] },
  batch: { batch: [1, 4, 16, 64, 256, 1024, 4096] },
};

/** How the cost of skipping, as a share of the dense layer's, depends on each size. */
export async function* scaling({ seconds, lists, threads, ...options }: SubjectOptions, say: (line: string) => void) {
  const tasks = Object.entries(sweeps).flatMap(([sweep, sizes]) =>
    layerTasks({ ...sizes, ...lists }).map((task) => ({ sweep, task })),
  );
  const field = new Field();
  try {
    await field.start(layerEntries({ ...options, peers: false, threads: [Math.max(...threads)] }), say);
    yield* inTurn(field, tasks, ({ sweep, task }) =>
      layerContest(field.contestants, task, { part: `scaling ${sweep}`, seconds, formsOf, say }),
    );
  } finally {
    await field.stop();
  }
}
