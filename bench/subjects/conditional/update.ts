import { Field } from "../../field.ts";
import type { SubjectOptions } from "../subject.ts";
import { layerEntries } from "./field.ts";
import { inTurn, layerContest } from "./layer.ts";
import { layerTasks } from "./sizes.ts";

/** The dense layer, skipping with an update that touches every weight, and one that leaves blocks alone that nobody opened. */
const forms = ["dense sgd", "skip touch-all", "skip sgd"];

/** Steps of gradient descent on few examples, where updating all weights would cost more than the rest. */
export async function* update({ seconds, lists, ...options }: SubjectOptions, say: (line: string) => void) {
  const tasks = layerTasks({ batch: [1, 8, 32], ...lists });
  const field = new Field();
  try {
    await field.start(layerEntries({ ...options, peers: false }), say);
    const setting = { part: "update", seconds, formsOf: () => forms, say };
    yield* inTurn(field, tasks, (task) => layerContest(field.contestants, task, setting));
  } finally {
    await field.stop();
  }
}
