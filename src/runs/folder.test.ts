import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForEachTest, refusal } from "../../test/support/temporary.ts";
import { createRun, openRun } from "./folder.ts";

let home: string;
folderForEachTest((folder) => {
  home = folder;
});

describe("a run folder", () => {
  test("is made with the folders above it, and takes an empty one", async () => {
    const path = join(home, "a", "b");
    const run = await createRun(path, { seed: 1 });
    expect(run.path).toBe(path);
    expect(JSON.parse(await readFile(join(path, "config.json"), "utf8"))).toEqual({ seed: 1 });
    await mkdir(join(home, "empty"));
    await createRun(join(home, "empty"), {});
  });

  test("keeps metrics a line each, and what a resume leaves of them", async () => {
    const run = await createRun(join(home, "run"), {});
    await run.append({ epoch: 1 });
    await run.append({ epoch: 2 });
    const metrics = () => readFile(join(run.path, "metrics.jsonl"), "utf8");
    expect(await metrics()).toBe('{"epoch":1}\n{"epoch":2}\n');
    await run.rewrite([{ epoch: 1 }]);
    await run.append({ epoch: 2, again: true });
    expect(await metrics()).toBe('{"epoch":1}\n{"epoch":2,"again":true}\n');
  });

  test("gives the last checkpoint back and clears what was unfinished", async () => {
    const run = await createRun(join(home, "run"), {});
    await run.save(Uint8Array.of(1, 2, 3));
    await run.save(Uint8Array.of(4));
    await writeFile(join(run.path, "checkpoint.safetensors.x.unfinished"), "half");
    await run.close();
    const again = await openRun(run.path);
    expect(Array.from((await again.load())!)).toEqual([4]);
    await again.close();
    expect((await readdir(run.path)).sort()).toEqual(["checkpoint.safetensors", "config.json"]);
  });

  test("that another machine has taken since is written no more", async () => {
    const run = await createRun(join(home, "run"), {});
    await rm(join(run.path, ".lock-1"));
    await writeFile(join(run.path, ".lock-2"), JSON.stringify({ pid: 7, host: "elsewhere", since: "then" }));
    for (const write of [() => run.append({}), () => run.rewrite([]), () => run.save(Uint8Array.of(1)), () => run.finish({})]) // biome-ignore format: one line
      expect(await refusal(write())).toContain(`runs: ${run.path} was taken over by process 7 on elsewhere`);
    expect(run.lost.aborted).toBe(true);
    await run.close();
    expect((await readdir(run.path)).sort()).toEqual([".lock-2", "config.json"]);
  });

  test("of another run, or with other files, is left alone", async () => {
    const run = await createRun(join(home, "run"), { first: true });
    await run.save(Uint8Array.of(1));
    await run.close();
    expect(await refusal(createRun(run.path, { second: true }))).toBe(
      `runs: ${run.path} holds a run already: resume it, or choose another folder`,
    );
    expect(await readFile(join(run.path, "config.json"), "utf8")).toContain("first");
    await mkdir(join(home, "thesis"));
    await writeFile(join(home, "thesis", "chapter.tex"), "");
    expect(await refusal(createRun(join(home, "thesis"), {}))).toContain("needs an empty folder");
    expect(await readdir(join(home, "thesis"))).toEqual(["chapter.tex"]);
  });

  test("can't be a file, nor lie under one", async () => {
    await writeFile(join(home, "file"), "");
    expect(await refusal(createRun(join(home, "file"), {}))).toBe(
      `runs: ${join(home, "file")} must be a folder, it is a file`,
    );
    expect(await refusal(createRun(join(home, "file", "run"), {}))).toContain("a part of its path is a file");
  });

  test("can't be made where nothing can be written", async () => {
    expect(await refusal(createRun("/proc/heaviside-run", {}))).toMatch(/^runs: cannot create \/proc\/heaviside-run: /);
  });

  test("can't be resumed where it isn't", async () => {
    expect(await refusal(openRun(join(home, "none")))).toBe(
      `runs: cannot resume ${join(home, "none")}: it doesn't exist`,
    );
    expect(await refusal(openRun(home))).toBe(
      `runs: ${home} can't be resumed, it is no folder of a run: it has no config.json`,
    );
  });

  test("whose run ended before its first checkpoint is begun again, resumed or new", async () => {
    const path = join(home, "run");
    await (await createRun(path, { first: true })).close();
    await writeFile(join(path, "checkpoint.safetensors.x.unfinished"), "half");
    const resumed = await openRun(path);
    expect(await resumed.load()).toBeUndefined();
    await resumed.close();
    await (await createRun(path, { second: true })).close();
    expect(await readdir(path)).toEqual(["config.json"]);
    expect(JSON.parse(await readFile(join(path, "config.json"), "utf8"))).toEqual({ second: true });
  });

  test("stays where it is when the process changes its directory", async () => {
    const before = process.cwd();
    const path = relative(before, join(home, "run"));
    const run = await createRun(path, {});
    try {
      process.chdir(tmpdir());
      await run.save(Uint8Array.of(1));
      await run.append({ epoch: 1 });
      await run.close();
    } finally {
      process.chdir(before);
    }
    expect((await readdir(join(home, "run"))).sort()).toEqual([
      "checkpoint.safetensors",
      "config.json",
      "metrics.jsonl",
    ]);
  });
});
