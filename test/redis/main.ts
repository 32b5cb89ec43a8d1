/** `npm run drill`: the drill of drill.ts on real data, in a network of its own where root can make one. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installIn } from "../../scripts/side-folder.ts";
import { root } from "../support/repository.ts";
import { drill } from "./drill.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "100" },
    workers: { type: "string", default: "4" },
    faults: { type: "string", default: "1" },
    pace: { type: "string", default: "300" },
  },
});
const whole = (name: keyof typeof values): number => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`drill: --${name} must be a whole number of at least 1`);
  return value;
};

const say = (text: string): void => console.log(text);

/** Runs this program again where the network may be cut without anyone else's being cut. */
function inOwnNetwork(): number | undefined {
  const again = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  if (process.getuid?.() !== 0 || spawnSync("unshare", ["--net", "true"]).status !== 0) return undefined;
  const up = 'ip link set lo up && exec "$@"';
  const env = { ...process.env, HEAVISIDE_OWN_NETWORK: "1" };
  return spawnSync("unshare", ["--net", "sh", "-c", up, "drill", ...again], { stdio: "inherit", env }).status ?? 1;
}

async function main(): Promise<number> {
  const given = { trials: whole("trials"), workers: whole("workers"), faults: whole("faults"), pace: whole("pace") };
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    console.error("drill: needs redis-server: apt install redis-server");
    return 1;
  }
  installIn(`${root}test/redis`, () => say("installing the packages of test/redis"));
  const base = { data: "mnist", limit: 600, hidden: 30, epochs: 6 };
  const { sweeps, faults, seconds, differences } = await drill({ ...given, base, say });
  const all = Object.values(faults).reduce((a, b) => a + b, 0);
  say(
    `${sweeps} ${sweeps === 1 ? "sweep" : "sweeps"}, ${all} faults: ${Object.entries(faults)
      .map(([kind, n]) => `${kind} ${n}`)
      .join(", ")}`,
  );
  say(`${seconds.alone.toFixed(1)} s alone, ${seconds.disturbed.toFixed(1)} s with faults`);
  for (const difference of differences) say(`wrong: ${difference}`);
  say(
    differences.length === 0
      ? `all ${given.trials} trials of each are there once, with the numbers of the sweep that nobody disturbed`
      : "the tables differ",
  );
  return differences.length === 0 ? 0 : 1;
}

process.exitCode = (process.env.HEAVISIDE_OWN_NETWORK === "1" ? undefined : inOwnNetwork()) ?? (await main());
