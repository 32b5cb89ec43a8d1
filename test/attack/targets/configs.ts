import { writeFile } from "node:fs/promises";
import { writeTinyData } from "../../support/tiny-data.ts";
import { damages } from "../draws.ts";
import { mutateJson } from "../mutate.ts";
import type { Target } from "./target.ts";
import { outcomeOf, runCommand } from "./terminal.ts";

const base = {
  data: { name: "mnist", dir: "tiny" },
  training: { epochs: 1, batch: 50 },
  machine: { threads: 1, backend: "reference", out: null },
};
const gated = {
  blocks: 6,
  width: 2,
  gater: { name: "dense", hidden: [3] },
  gate: { name: "top-k", k: 2 },
  sparsity: [{ name: "balance", target: 0.3, step: 0.01 }],
};
export const examples = [
  {
    ...base,
    model: { name: "mlp", hidden: [{ units: 5, estimator: { name: "concrete", temperature: 0.5 }, gain: 2 }] },
  },
  {
    ...base,
    training: {
      ...base.training,
      schedule: { name: "step-decay", every: 5, factor: 0.5 },
      weightDecay: { kind: "l2", rate: 0.1 },
      clip: { norm: 1 },
    },
  },
  {
    ...base,
    model: { name: "gated-mlp", trunk: [], gated: [gated] },
    training: { ...base.training, optimizer: { name: "adam", rate: 0.01, beta1: 0.5 } },
  },
  {
    ...base,
    model: {
      name: "network",
      stages: [
        { kind: "dense", units: 5, estimator: "st" },
        { kind: "gated", ...gated },
      ],
    },
  },
];

/** Config files with something wrong: described, trained on for a moment, or refused in words. */
export const configs: Target = async ({ cli }) => {
  writeTinyData("tiny");
  for (const [i, example] of examples.entries()) {
    await writeFile(`good${i}.json`, JSON.stringify(example));
    if ((await runCommand(cli, ["train", "--config", `good${i}.json`, "--print-config"])) !== 0)
      throw new Error(`the good config ${i} is refused`);
  }
  return async (draws) => {
    const example = draws.of(examples);
    const text = draws.oneIn(5)
      ? draws.of(Object.values(damages))(new TextEncoder().encode(JSON.stringify(example)), draws)
      : JSON.stringify(mutateJson(example, draws));
    await writeFile("config.json", text ?? "");
    const command = draws.of([
      ["describe", "config.json"],
      ["train", "--config", "config.json", "--print-config"],
      ["train", "--config", "config.json", "--no-out"],
    ]);
    return outcomeOf(await runCommand(cli, command));
  };
};
