import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { recordFile } from "../../../src/experiments/engine/records.ts";
import { followRun } from "../../../src/runs/follow.ts";
import { sealed } from "../../../src/runs/sealed.ts";
import { writeTinyData } from "../../support/tiny-data.ts";
import { type Draws, damages } from "../draws.ts";
import { mutateJson } from "../mutate.ts";
import { checkMessage, type Heaviside, type Target } from "./target.ts";
import { outcomeOf, runCommand } from "./terminal.ts";

const names = ["config.json", "metrics.jsonl", "result.json"] as const;

/** A text that was damaged, or whose JSON says something else; of lines, one of them. */
function changed(text: string, draws: Draws): string {
  if (draws.oneIn(3)) return Buffer.from(draws.of(Object.values(damages))(Buffer.from(text), draws)).toString("latin1");
  const lines = text.includes("\n{") ? text.trimEnd().split("\n") : [text];
  const at = draws.below(lines.length);
  lines[at] = JSON.stringify(mutateJson(JSON.parse(lines[at]!), draws)) ?? "";
  return lines.join("\n") + (draws.oneIn(4) ? "" : "\n");
}

/** "refused" where it threw a user's error, of whichever bundle. */
async function accepted(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return "read";
  } catch (error) {
    if (!(error instanceof Error && /^(User|Shape)Error$/.test(error.name))) throw error;
    checkMessage(error.message);
    return "refused";
  }
}

/** Two runs with the same options, and a study's records. */
async function prepare({ train, mlp, loadDataset }: Heaviside): Promise<Map<string, string>> {
  const data = await loadDataset("mnist", { dir: writeTinyData("tiny") });
  const model = mlp({ input: [4, 4], hidden: [{ units: 5, estimator: "straight-through" }], classes: 10 });
  for (const seed of [1, 2])
    await train(model, data, { epochs: 2, batch: 50, seed, runFolder: `run${seed}`, backend: "reference" });
  return new Map(names.map((name) => [name, readFileSync(`run1/${name}`, "utf8")]));
}

/** A record file whose lines are damaged, or forged with a right checksum: what is read has come from whole lines. */
async function records(draws: Draws): Promise<string> {
  const lines = Array.from({ length: 1 + draws.below(4) }, (_, i) =>
    sealed(draws.oneIn(6) ? (mutateJson({ id: `t${i}`, value: i }, draws) as object) : { id: `t${i}`, value: i }),
  );
  const whole = `${lines.join("\n")}\n`;
  const isWhole = draws.oneIn(3);
  rmSync("study", { recursive: true, force: true });
  mkdirSync("study");
  writeFileSync("study/records.jsonl", isWhole ? whole : changed(whole, draws));
  return accepted(async () => {
    const { known } = await recordFile<{ value: number }>("study");
    for (const id of known.keys()) if (typeof id !== "string") throw new Error(`a record of the name ${String(id)}`);
  });
}

/** Run folders of which a file says something else: followed, compared and reported in words, with nothing made or taken away outside of them. */
export const runFolders: Target = async ({ heaviside, cli }) => {
  const texts = await prepare(heaviside);
  const around = async (): Promise<string> => (await readdir(".")).sort().join();
  writeFileSync("secret", "secret");
  return async (draws) => {
    if (draws.oneIn(4)) return records(draws);
    for (const [name, text] of texts) writeFileSync(`run1/${name}`, draws.oneIn(2) ? changed(text, draws) : text);
    if (draws.oneIn(8)) writeFileSync("run1/.lock-1", changed('{"pid":1,"host":"x","since":"2026"}', draws));
    const before = await around();
    const which = draws.below(200);
    const command = [
      ["report", "run1", "--threads", "1"],
      ["compare", "run1", "run2"],
      ["describe", "run1"],
    ][which];
    const outcome = command
      ? outcomeOf(await runCommand(cli, command))
      : which % 2 === 0
        ? await accepted(() => heaviside.compare(["run1", "run2"]))
        : await accepted(async () => {
            const { stage, lines } = await followRun("run1").read();
            if (
              !["waiting", "running", "stopped", "done"].includes(stage) ||
              !lines.every((line) => typeof line === "string")
            )
              throw new Error(`followed as ${stage}`);
          });
    rmSync("run1/.lock-1", { force: true });
    if ((await around()) !== before) throw new Error(`the folder holds ${await around()}, it held ${before}`);
    if (!(await lstat("secret")).isFile() || readFileSync("secret", "utf8") !== "secret")
      throw new Error("another file has changed");
    return outcome;
  };
};
