/** What the server says of run folders, over HTTP as a browser reads it. */
import { appendFileSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { folderForEachTest } from "../../test/support/temporary.ts";
import { sweepOf, trialOf } from "../experiments/sweep/plan.ts";
import { createRun, openRun } from "../runs/folder.ts";
import { lockFolder } from "../runs/lock.ts";
import { sealed } from "../runs/sealed.ts";
import { imageSets } from "./image-sets.ts";
import { type LabServer, serveLab } from "./server.ts";

let folder: string;
let server: LabServer | undefined;
folderForEachTest((path) => {
  folder = path;
});
afterEach(() => server?.close());

async function serve(watch: readonly string[] | undefined, port = 0, host = "127.0.0.1"): Promise<LabServer> {
  mkdirSync(join(folder, "site"), { recursive: true });
  writeFileSync(join(folder, "site/index.html"), "the page");
  const site = join(folder, "site");
  server = await serveLab({ folder: site, kernels: site, sets: imageSets(), watch, pace: 10, host, port });
  return server;
}

interface Event {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: { readonly [key: string]: unknown };
}

/** The events of a connection so far, and its end. */
function listen(path: string, headers: Record<string, string> = {}) {
  const events: Event[] = [];
  const got = request(new URL(path, server!.url), { headers }, (response) => {
    expect(response.headers["content-type"]).toBe("text/event-stream");
    expect(response.headers["cross-origin-embedder-policy"]).toBe("require-corp");
    let text = "";
    response.setEncoding("utf8").on("error", () => {});
    response.on("data", (part: string) => {
      text += part;
      const blocks = text.split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
        if (fields.event !== undefined)
          events.push({ event: fields.event, id: fields.id, data: JSON.parse(fields.data) });
      }
    });
  });
  got.on("error", () => {});
  got.end();
  return {
    events,
    lines: () => events.filter(({ event }) => event === "lines").map(({ id: _, data }) => data),
    id: () => events.findLast(({ id }) => id !== undefined)?.id ?? "",
    last: (event: string) => events.findLast((found) => found.event === event)?.data,
    end: () => got.destroy(),
  };
}
const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
const asked = (...names: readonly string[]) =>
  `watch?${names.map((name) => `run=${encodeURIComponent(name)}`).join("&")}`;
const line = (epoch: number) => ({ epoch, step: 10 * epoch, valid: { deterministic: { error: 9 - epoch } } });

test("tells a page that was there first of a run that begins, goes on and ends", async () => {
  const path = join(folder, "runs/a");
  await serve([path]);
  expect(await (await fetch(new URL("watch.json", server!.url))).json()).toEqual({ folders: [path] });
  const page = listen(asked(path));
  await soon(() =>
    expect(page.last("runs")).toMatchObject({ runs: [{ name: path, stage: "waiting", epoch: 0 }], of: 1 }),
  );
  const run = await createRun(path, { training: { epochs: 3 } });
  await soon(() => expect(page.last("run")).toMatchObject({ stage: "running", config: { training: { epochs: 3 } } }));
  await run.append(line(1));
  await soon(() => expect(page.lines()).toEqual([{ name: path, from: 0, metrics: [line(1)] }]));
  appendFileSync(join(path, "metrics.jsonl"), '{"epoch":2');
  await soon(() => expect(page.last("runs")).toMatchObject({ runs: [{ epoch: 1, epochs: 3, valid: line(1).valid }] }));
  appendFileSync(join(path, "metrics.jsonl"), ',"step":20,"valid":{"deterministic":{"error":7}}}\nnot JSON\n');
  await soon(() => expect(page.lines().flatMap(({ metrics }) => metrics)).toEqual([line(1), line(2), null]));
  await run.finish({ epochs: 3 });
  await run.close();
  await soon(() => expect(page.last("run")).toMatchObject({ stage: "done", result: { epochs: 3 } }));
  page.end();
});

test("goes on where a page is, over the server's end, without a gap and nothing twice", async () => {
  const [a, b] = [join(folder, "runs/a"), join(folder, "runs/b")];
  const [runA, runB] = [await createRun(a, {}), await createRun(b, {})];
  await serve([join(folder, "runs")]);
  const first = listen(asked(a, b));
  await runA.append(line(1));
  await runB.append(line(5));
  await soon(() => expect(first.lines()).toHaveLength(2));
  const port = Number(new URL(server!.url).port);
  await server!.close();
  await runA.append(line(2));
  await runA.append(line(3));
  await serve([join(folder, "runs")], port);
  const second = listen(asked(a, b), { "Last-Event-ID": first.id() });
  await soon(() => expect(second.lines()).toEqual([{ name: a, from: 1, metrics: [line(2), line(3)] }]));
  // Where a browser can't send the header, the address has it; and what is no id begins anew.
  const third = listen(`${asked(a, b)}&after=${second.id()}`);
  await runB.append(line(6));
  await soon(() => expect(third.lines()).toEqual([{ name: b, from: 1, metrics: [line(6)] }]));
  const fourth = listen(asked(a, b), { "Last-Event-ID": "2-x.1-$" });
  await soon(() =>
    expect(fourth.lines()).toEqual([
      { name: a, from: 0, metrics: [line(1), line(2), line(3)] },
      { name: b, from: 0, metrics: [line(5), line(6)] },
    ]),
  );
  for (const page of [second, third, fourth]) page.end();
  await runA.close();
  await runB.close();
});

test("begins a run anew that was resumed from an earlier epoch, or is another one in its folder", async () => {
  const path = join(folder, "a");
  const run = await createRun(path, { seed: 1 });
  await run.append(line(1));
  await run.append(line(2));
  await run.close();
  await serve([path]);
  const page = listen(asked(path));
  await soon(() => expect(page.last("run")).toMatchObject({ stage: "stopped" }));
  await soon(() => expect(page.lines()).toHaveLength(1));
  const resumed = await openRun(path);
  await resumed.rewrite([line(1)]);
  await soon(() => expect(page.lines().at(-1)).toEqual({ name: path, from: 0, metrics: [line(1)] }));
  await resumed.append(line(2));
  await soon(() => expect(page.lines().at(-1)).toEqual({ name: path, from: 1, metrics: [line(2)] }));
  const id = page.id();
  await resumed.close();
  rmSync(path, { recursive: true });
  await soon(() => expect(page.last("run")).toMatchObject({ stage: "waiting" }));
  const sent = page.lines().length;
  const other = await createRun(path, { seed: 2 });
  await other.append(line(7));
  await other.append(line(8));
  await soon(() => expect(page.lines().length).toBeGreaterThan(sent));
  const late = listen(asked(path), { "Last-Event-ID": id });
  await soon(() => expect(late.lines()).toEqual([{ name: path, from: 0, metrics: [line(7), line(8)] }]));
  page.end();
  late.end();
  await other.close();
});

test("shows nothing but the runs below its folders", async () => {
  writeFileSync(join(folder, "config.json"), '{"secret":1}');
  const run = await createRun(join(folder, "runs/a"), {});
  await run.close();
  await serve([join(folder, "runs")]);
  const names = [folder, `${folder}/runs/..`, `${folder}/runs/a/../..`, "/etc", ".."];
  const page = listen(asked(...names));
  await soon(() => expect(page.events.filter(({ event }) => event === "run")).toHaveLength(names.length));
  for (const { data } of page.events.filter(({ event }) => event === "run"))
    expect(data).toEqual({ name: data.name, stage: "waiting" });
  expect(JSON.stringify(page.events)).not.toContain("secret");
  page.end();
  expect((await fetch(new URL("watch", server!.url), { method: "POST" })).status).toBe(405);
  const head = await fetch(new URL("watch", server!.url), { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("watches nothing where nothing is named", async () => {
  await serve(undefined);
  expect(await (await fetch(new URL("watch.json", server!.url))).json()).toEqual({ folders: [] });
  expect((await fetch(new URL("watch", server!.url))).status).toBe(404);
});

const ofRates = sweepOf(
  { base: { hidden: 5 }, search: "random", space: { rate: { from: 0.1, to: 1, log: true } }, points: 4 },
  "rates.mjs",
);

/** A sweep of a number x, as its folder is before the first trial. */
function beginSweep(path: string): void {
  mkdirSync(path, { recursive: true });
  const plan = {
    ...{ name: "rates", question: "Which x?", search: "random", space: { rate: { from: 0.1, to: 1, log: true } } },
    ...{ points: 4, seeds: [1], seed: 1, work: { kind: "train", base: { hidden: "5" } } },
  };
  writeFileSync(join(path, "plan.json"), JSON.stringify(plan));
}
function endTrial(path: string, trial: number, outcome: object): void {
  const { id, name, point, seed } = trialOf(ofRates, trial);
  const record = { id, trial, rung: 0, name, point, seed };
  appendFileSync(join(path, "records.jsonl"), `${sealed({ ...record, ...outcome })}\n`);
}
const scored = (value: number) => ({
  ...{ state: "done", value, by: "nll", better: "lower", metric: "NLL", unit: "nats", epochs: 3, seconds: 1 },
});

test("tells of a sweep that begins later, of each trial that ends, and of those that run", async () => {
  await serve([join(folder, "runs")]);
  const page = listen(asked());
  await soon(() => expect(page.last("sweeps")).toEqual({ sweeps: [], of: 0, changed: [] }));
  const path = join(folder, "runs/rates");
  beginSweep(path);
  const lock = await lockFolder(path);
  const begun = { name: path, stage: "running", running: 0 };
  const summaries = () =>
    page.events.flatMap(({ event, data }) => (event === "sweeps" ? (data.changed as { ended: number }[]) : []));
  await soon(() => expect(page.last("sweeps")).toMatchObject({ sweeps: [begun], of: 1 }));
  expect(summaries()).toMatchObject([{ name: path, question: "Which x?", trials: 4, ended: 0 }]);
  await soon(() => expect(page.last("runs")).toEqual({ runs: [], of: 0 }));
  const run = await createRun(join(path, "trials/0-aaaaaaaa"), {});
  await soon(() => expect(page.last("sweeps")).toMatchObject({ sweeps: [{ ...begun, running: 1 }], changed: [] }));
  await run.finish({});
  await run.close();
  endTrial(path, 0, scored(0.5));
  await soon(() => expect(summaries().at(-1)).toMatchObject({ ended: 1, best: { value: "0.5000 nats" } }));
  await soon(() => expect(page.last("sweeps")).toMatchObject({ sweeps: [begun] }));
  endTrial(path, 1, { state: "failed", error: "it diverged" });
  await soon(() =>
    expect(summaries().at(-1)).toMatchObject({ ended: 2, failures: [{ trial: 1, error: "it diverged" }] }),
  );
  await lock.release();
  await soon(() => expect(page.last("sweeps")).toMatchObject({ sweeps: [{ stage: "stopped" }] }));
  for (let looks = 0; looks < 20; looks++) {
    rmSync(join(path, "results.json"), { force: true });
    await soon(() => expect(page.last("sweeps")).toMatchObject({ sweeps: [{ stage: "stopped" }] }));
    writeFileSync(join(path, "results.json"), "{}");
    await soon(() => expect(page.last("sweeps")).toMatchObject({ sweeps: [{ stage: "done" }] }));
  }
  // Nothing is sent twice: what is sent again has changed.
  expect(summaries().map(({ ended }) => ended)).toEqual([0, 1, 2]);
  // A page that comes later has all of it at once, from the sweep's own folder too.
  await server!.close();
  await serve([path]);
  const late = listen(asked());
  await soon(() => expect(late.last("sweeps")).toMatchObject({ sweeps: [{ name: path, stage: "done" }], changed: [{ ended: 2 }] })); // biome-ignore format: one line
  page.end();
  late.end();
});

test("says why a sweep can't be read, and reads no link in its folder and no other study", async () => {
  for (const name of ["damaged", "linked", "planned"]) beginSweep(join(folder, "runs", name));
  writeFileSync(join(folder, "runs/damaged/records.jsonl"), '{"id":"0"}\n');
  writeFileSync(join(folder, "elsewhere.jsonl"), "secret\n");
  symlinkSync(join(folder, "elsewhere.jsonl"), join(folder, "runs/linked/records.jsonl"));
  rmSync(join(folder, "runs/planned/plan.json"));
  symlinkSync(join(folder, "runs/damaged/plan.json"), join(folder, "runs/planned/plan.json"));
  mkdirSync(join(folder, "runs/study"));
  writeFileSync(join(folder, "runs/study/plan.json"), '{"experiment":"slowness"}');
  await serve([join(folder, "runs")]);
  const page = listen(asked());
  const [name, problem] = [join(folder, "runs/damaged"), expect.stringContaining("records.jsonl:1")];
  await soon(() => expect(page.last("sweeps")).toMatchObject({ sweeps: [{ name }], of: 1, changed: [{ problem }] }));
  page.end();
});

test("lists the 200 runs of many that changed last, and those that it is asked for", async () => {
  const names = Array.from({ length: 230 }, (_, i) => join(folder, `runs/rates/trials/${i}-a`));
  beginSweep(join(folder, "runs/rates"));
  for (const [i, name] of names.entries()) {
    mkdirSync(name, { recursive: true });
    writeFileSync(join(name, "config.json"), "{}");
    writeFileSync(join(name, "metrics.jsonl"), `${JSON.stringify(line(1))}\n`);
    writeFileSync(join(name, "result.json"), "{}");
    // The first ones changed last.
    utimesSync(name, 1e9 - i, 1e9 - i);
  }
  await serve([join(folder, "runs")]);
  const listed = (page: ReturnType<typeof listen>) => page.last("runs")?.runs as { name: string; epoch: number }[];
  const page = listen(asked(names[220]!, names[3]!));
  await soon(() => expect(page.last("runs")).toMatchObject({ of: 230 }));
  await soon(() => expect(listed(page).map(({ name }) => name)).toEqual([names[220], ...names.slice(0, 200)]));
  await soon(() => expect(page.lines().map(({ name }) => name)).toEqual([names[220], names[3]]));
  // One that rests is not read again until its folder says that something began, and then it is among the last.
  for (const name of [names[225]!, names[5]!])
    appendFileSync(join(name, "metrics.jsonl"), `${JSON.stringify(line(2))}\n`);
  const run = await openRun(names[210]!);
  await soon(() =>
    expect(listed(page)).toContainEqual(expect.objectContaining({ name: names[210], stage: "running" })),
  );
  expect(listed(page).map(({ name }) => name)).not.toContain(names[225]);
  writeFileSync(join(names[225]!, "result.json~"), "{}");
  await soon(() => expect(listed(page)).toContainEqual(expect.objectContaining({ name: names[225], epoch: 2 })));
  expect(listed(page).find(({ name }) => name === names[5])).toMatchObject({ epoch: 1 });
  expect(listed(page)).toHaveLength(201);
  expect(statSync(names[225]!).mtimeMs).toBeGreaterThan(1e12);
  await run.close();
  await soon(() => expect(listed(page)).toContainEqual(expect.objectContaining({ name: names[210], stage: "done" })));
  page.end();
});
