/**
 * The process of one load: `node --expose-gc worker.mjs PACKAGE LOAD AMOUNT MARKS`. It works in the folder that it is started in, and writes its
 * samples to standard output, a line of JSON each.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Sample } from "./load.ts";
import { loads } from "./loads.ts";
import { countMemories, usageNow } from "./usage.ts";

/** What the worker says, a line of JSON each. */
export type Message = { readonly sample: Sample } | { readonly end: string | null };

const [pack, name, amount, count] = process.argv.slice(2) as [string, string, string, string];
const file = async (path: string) => await import(pathToFileURL(join(pack, "dist", path)).href);
const write = process.stdout.write.bind(process.stdout);
const say = (message: Message): void => {
  write(`${JSON.stringify(message)}\n`);
};
console.log = () => {};

countMemories();
const load = loads.find((one) => one.name === name)!;
const [all, marks] = [Number(amount), Number(count)];
const began = performance.now();
const said = await load.run({
  heaviside: { ...(await file("index.js")), ...(await file("engine.js")) },
  inference: await file("inference.js"),
  ...{ pack, folder: process.cwd(), amount: all },
  marks: Array.from({ length: marks }, (_, i) => Math.round(((i + 1) * all) / marks)),
  mark(done, usage = usageNow()) {
    say({ sample: { done, seconds: (performance.now() - began) / 1000, ...usage } });
  },
});
say({ end: said ?? null });
process.exit(0);
