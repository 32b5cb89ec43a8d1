import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { writeTinyData } from "../../support/tiny-data.ts";
import type { Draws } from "../draws.ts";
import type { Cli, Target } from "./target.ts";
import { outcomeOf, runCommand } from "./terminal.ts";

const commands = [
  ["start"],
  ["train"],
  ["describe"],
  ["measure"],
  ["cost"],
  ["experiment"],
  ["experiment", "first-look"],
  ["experiment", "slowness"],
  ["experiment", "figure-2"],
  ["experiment", "toys"],
  ["experiment", "autoencoder"],
  ["experiment", "wide"],
  ["data"],
  ["estimators"],
  ["backends"],
];

const paths = [
  ...["tiny", "run", "file", "full", "none/below", "file/below", "link", "dangling", "out", "out2", "."],
  ...[
    "/",
    "/proc/heaviside",
    "/dev/null",
    "/dev/full",
    "/etc/passwd",
    "../x",
    "x\ny",
    "ü ß",
    "-",
    "~",
    "a".repeat(300),
    "b/".repeat(2000),
  ],
];

const words = [
  ...[
    "",
    " ",
    "0",
    "1",
    "2",
    "3",
    "10",
    "-1",
    "0.5",
    "1e309",
    "NaN",
    "Infinity",
    "1e9",
    "4294967296",
    "9007199254740993",
    "1,2,3",
    "none",
  ],
  ...[
    "mnist",
    "fashion-mnist",
    "nonsense",
    "__proto__",
    "constructor",
    "toString",
    "disarm",
    "st",
    "straight-through",
    "concrete:temperature=0.5",
  ],
  ...[
    "concrete:temperature=",
    "disarm:x=1",
    ":",
    "=",
    "a=b=c",
    ",",
    ",,",
    "kl:target=0.5,weight=2",
    "adam:beta1=2",
    "momentum",
    "native",
    "wasm",
    "reference",
    "gated-mlp",
    "mlp",
  ],
  ...[
    "2x",
    "5ms",
    "0evals",
    "name=x",
    "step-decay:every=0",
    "decoupled:rate=-1",
    "value=1,norm=-5",
    "end",
    "epoch",
    "x".repeat(5000),
    "\u0000",
    "😀",
    "--",
    "--json",
    "-h",
  ],
];

/** The flags that a command's help names. */
async function flagsOf({ main }: Cli, command: readonly string[]): Promise<string[]> {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  await main([...command, "--help"], {
    out: { write },
    err: { write },
    env: {},
    onInterrupt: () => () => {},
    exit: () => {},
  });
  return [...new Set(text.match(/--[a-z][a-z0-9-]*/g))].filter((flag) => flag !== "--help");
}

/** What a case before may have changed. */
function lay(): void {
  for (const name of ["run", "file", "full", "link", "dangling", "out", "out2"])
    rmSync(name, { recursive: true, force: true });
  mkdirSync("run");
  writeFileSync("run/config.json", '{"hidden":null}');
  writeFileSync("run/checkpoint.safetensors", "not a checkpoint");
  writeFileSync("file", "text\n");
  mkdirSync("full");
  writeFileSync("full/records.jsonl", '{"id":1}\n[]\n{"id"\n');
  writeFileSync("full/results.json", "{");
  symlinkSync("file", "link");
  symlinkSync("nowhere", "dangling");
}

function wordFor(flag: string, draws: Draws): string {
  if (/out|dir|config|svg|resume/.test(flag) || draws.oneIn(10)) return draws.of(paths);
  // Work that takes long shows nothing more than work that doesn't.
  if (
    /epochs|limit|steps|seconds|units|replicates|warmup|rounds|pairs|points|seeds|repeats/.test(flag) &&
    !draws.oneIn(3)
  )
    return draws.of(["1", "2", "5", "40"]);
  return draws.of(words);
}

/** Command lines of real flags and strange words: done, interrupted, or refused in words. */
export const commandLines: Target = async ({ cli }) => {
  writeTinyData("tiny");
  const known = new Map<string, string[]>();
  for (const command of commands) known.set(command.join(" "), await flagsOf(cli, command));
  return async (draws) => {
    lay();
    const command = draws.of(commands);
    const flags = known.get(command.join(" "))!;
    const argv = [...command];
    if (!draws.oneIn(5) && flags.includes("--data-dir")) argv.push("--data-dir", "tiny");
    if (!draws.oneIn(5) && flags.includes("--threads")) argv.push("--threads", "1");
    for (let n = flags.length === 0 ? 0 : draws.below(5); n > 0; n--) {
      const flag = draws.of(flags);
      const form = draws.below(6);
      if (form === 0) argv.push(flag);
      else if (form === 1) argv.push(`${flag}=${wordFor(flag, draws)}`);
      else argv.push(flag, wordFor(flag, draws));
    }
    if (draws.oneIn(5)) argv.splice(draws.below(argv.length + 1), 0, draws.of([...words, ...paths]));
    return outcomeOf(await runCommand(cli, argv));
  };
};
