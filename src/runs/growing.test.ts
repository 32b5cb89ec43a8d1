import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForEachTest, refusal } from "../../test/support/temporary.ts";
import { appendWhole, bytesIn, writeFrom } from "./growing.ts";

let home: string;
folderForEachTest((folder) => {
  home = folder;
});

test("what is added comes last, also in a file that wasn't there", async () => {
  const file = join(home, "lines");
  await appendWhole(file, "one\n");
  await appendWhole(file, "två\n");
  expect(await readFile(file, "utf8")).toBe("one\ntvå\n");
  expect(await refusal(appendWhole(home, "x"))).toBe(`runs: cannot write ${home}: it is a folder`);
});

test("the bytes of a file are read, and those of a pipe or a device aren't waited for", async () => {
  await writeFile(join(home, "bytes"), "abc");
  expect(new TextDecoder().decode(await bytesIn(join(home, "bytes")))).toBe("abc");
  expect(await bytesIn(join(home, "none"))).toBeUndefined();
  expect(await refusal(bytesIn(home))).toBe(`runs: cannot read ${home}: it is a folder`);
  if (process.platform === "win32") return;
  spawnSync("mkfifo", [join(home, "pipe")]);
  expect(await refusal(bytesIn(join(home, "pipe")))).toBe(
    `runs: cannot read ${join(home, "pipe")}: it must be a file, it is a pipe`,
  );
  expect(await refusal(bytesIn("/dev/zero"))).toBe("runs: cannot read /dev/zero: it must be a file, it is a device");
});

test("what is written from a place ends the file", async () => {
  const file = join(home, "bytes");
  await writeFile(file, "abcdef");
  await writeFrom(file, 2, new TextEncoder().encode("XY"));
  expect(await readFile(file, "utf8")).toBe("abXY");
});

describe.runIf(spawnSync("unshare", ["-rm", "true"]).status === 0)("on a disk that becomes full", () => {
  /** Does both in a file of "old" on a disk of 64 kB, on which 1 MB has no room. */
  const code = () => `
    const { appendWhole, writeFrom } = await import(${JSON.stringify(new URL("./growing.ts", import.meta.url).href)});
    const { readFileSync, writeFileSync } = await import("node:fs");
    const found = [];
    for (const write of [(f) => appendWhole(f, "x".repeat(1e6)), (f) => writeFrom(f, 3, new Uint8Array(1e6))]) {
      writeFileSync("fs/file", "old");
      const said = await write("fs/file").then(() => "written", (error) => error.message);
      found.push({ said, kept: readFileSync("fs/file", "utf8") });
    }
    console.log(JSON.stringify(found));`;

  test("a file that grows stays as it was: no half of a line, and room for others", () => {
    const script = `mkdir fs && mount -t tmpfs -o size=64k none fs && exec "$@"`;
    const node = [process.execPath, "--import", import.meta.resolve("tsx"), "--input-type=module", "-e", code()];
    const { stdout, stderr } = spawnSync("unshare", ["-rm", "sh", "-c", script, "sh", ...node], {
      cwd: home,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const full = { said: "runs: cannot write fs/file: no space is left", kept: "old" };
    expect(JSON.parse(stdout)).toEqual([full, full]);
  });
});
