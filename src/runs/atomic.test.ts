import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForEachTest, refusal as refusalOf } from "../../test/support/temporary.ts";
import { fileError, writeAtomically } from "./atomic.ts";
import { ensureFolder } from "./make-folder.ts";
import { readText } from "./text.ts";

let home: string;
folderForEachTest((folder) => {
  home = folder;
});

/** A refusal in which the folder of the test is HOME. */
const refusal = async (promise: Promise<unknown>): Promise<string> =>
  (await refusalOf(promise)).replaceAll(home, "HOME");
const contents = (name: string): Promise<string> => readFile(join(home, name), "utf8");
const unix = process.platform !== "win32";

describe("writeAtomically", () => {
  test("keeps the old file and no temporary one when it fails", async () => {
    await mkdir(join(home, "taken"));
    expect(await refusal(writeAtomically(join(home, "taken"), "new"))).toBe(
      "runs: cannot write HOME/taken: it is a folder",
    );
    expect(await readdir(home)).toEqual(["taken"]);
    expect(await refusal(writeAtomically(join(home, "none", "file"), "new"))).toBe(
      "runs: cannot write HOME/none/file: its folder doesn't exist",
    );
  });

  test("says the system's reason in words where it knows it", () => {
    expect(fileError("write", "x", { code: "ENOSPC" }).message).toBe("runs: cannot write x: no space is left");
    expect(fileError("write", "x", { code: "EWEIRD" }).message).toBe("runs: cannot write x: EWEIRD");
  });

  test.runIf(unix)("keeps the mode of a file that it replaces, and a name of 255 bytes", async () => {
    const name = "ü".repeat(127);
    await writeFile(join(home, name), "old");
    await chmod(join(home, name), 0o640);
    await writeAtomically(join(home, name), "new");
    expect(await contents(name)).toBe("new");
    expect((await stat(join(home, name))).mode & 0o777).toBe(0o640);
    expect(await readdir(home)).toEqual([name]);
  });

  test.runIf(unix)(
    "writes what a link leads to, through folders that are links and to files that are not there yet",
    async () => {
      await mkdir(join(home, "far/away"), { recursive: true });
      await writeFile(join(home, "far/old"), "old");
      await symlink(join(home, "far/away"), join(home, "near"));
      await symlink("../old", join(home, "far/away/first"));
      await symlink("near/first", join(home, "second"));
      await symlink("far/fresh", join(home, "dangling"));
      await writeAtomically(join(home, "second"), "new");
      await writeAtomically(join(home, "dangling"), "made");
      expect([await contents("far/old"), await contents("far/fresh")]).toEqual(["new", "made"]);
      expect((await readdir(home)).sort()).toEqual(["dangling", "far", "near", "second"]);
      expect((await readdir(join(home, "far"))).sort()).toEqual(["away", "fresh", "old"]);
    },
  );

  test.runIf(unix)("refuses links that end nowhere", async () => {
    await symlink("b", join(home, "a"));
    await symlink("a", join(home, "b"));
    await symlink("nowhere/file", join(home, "c"));
    expect(await refusal(writeAtomically(join(home, "a"), "x"))).toBe(
      "runs: cannot write HOME/a: its links lead in a circle",
    );
    expect(await refusal(writeAtomically(join(home, "c"), "x"))).toBe(
      "runs: cannot write HOME/c: it is a link into a folder that doesn't exist",
    );
    expect((await readdir(home)).sort()).toEqual(["a", "b", "c"]);
  });

  test.runIf(unix)("refuses devices, pipes and sockets, which stay what they are", async () => {
    execFileSync("mkfifo", [join(home, "pipe")]);
    await symlink("pipe", join(home, "link"));
    await symlink("/dev/null", join(home, "null"));
    const server = createServer().listen(join(home, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      for (const [name, kind] of Object.entries({
        pipe: "a pipe",
        link: "a pipe",
        null: "a device",
        socket: "a socket",
      }))
        expect(await refusal(writeAtomically(join(home, name), "x"))).toBe(
          `runs: cannot write HOME/${name}: it must be a file that can be replaced, it is ${kind}`,
        );
      expect((await stat(join(home, "pipe"))).isFIFO()).toBe(true);
      expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
      expect((await readdir(home)).sort()).toEqual(["link", "null", "pipe", "socket"]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test.runIf(process.platform === "linux")(
    "ends with a reason where a file system takes nothing, and makes no folder there",
    async () => {
      expect(await refusal(writeAtomically("/proc/heaviside.svg", "x"))).toBe(
        "runs: cannot write /proc/heaviside.svg: its file system takes no new files",
      );
      for (const path of ["/proc/heaviside", "/proc/heaviside/deep/run"])
        expect(await refusal(ensureFolder(path))).toMatch(/^runs: cannot create \/proc\/heaviside/);
    },
  );
});

/** Runs the function on a file of 4 kB in a file system of its own: `mount` makes it, and `before` comes after the old file is there. */
const isolated = (mount: string, before: string) => {
  const script = `mkdir -p ${home}/fs && ${mount} ${home}/fs && printf old > ${home}/fs/file && ${before} && exec "$@"`;
  const code = `
    const { writeAtomically } = await import(${JSON.stringify(new URL("./atomic.ts", import.meta.url).href)});
    const { readdirSync, readFileSync } = await import("node:fs");
    const said = await writeAtomically("${home}/fs/file", "x".repeat(1e6)).then(() => "written", (error) => error.message);
    console.log(JSON.stringify({ said, names: readdirSync("${home}/fs"), kept: readFileSync("${home}/fs/file", "utf8").slice(0, 9) }));`;
  const argv = [
    "-rm",
    "sh",
    "-c",
    script,
    "sh",
    process.execPath,
    "--import",
    "tsx",
    "--input-type=module",
    "-e",
    code,
  ];
  return JSON.parse(spawnSync("unshare", argv, { encoding: "utf8" }).stdout) as Record<string, unknown>;
};

describe.runIf(spawnSync("unshare", ["-rm", "true"]).status === 0)(
  "writeAtomically where nothing can be written",
  () => {
    test.each([
      ["a full disk", "mount -t tmpfs -o size=64k none", "true", "no space is left"],
      ["a read-only file system", "mount -t tmpfs none", `mount -o remount,ro HOME/fs`, "the file system is read-only"],
    ])("%s keeps the old file alone", (_, mount, before, reason) => {
      expect(isolated(mount, before.replace("HOME", home))).toEqual({
        said: `runs: cannot write ${home}/fs/file: ${reason}`,
        names: ["file"],
        kept: "old",
      });
    });
  },
);

describe("readText", () => {
  test("gives what a file holds without a byte order mark, and undefined where there is none", async () => {
    await writeFile(join(home, "text"), "\uFEFFüber");
    expect(await readText(join(home, "text"))).toBe("über");
    expect(await readText(join(home, "none"))).toBeUndefined();
  });

  test.runIf(unix)("refuses folders, devices, pipes and more bytes than it may have", async () => {
    await writeFile(join(home, "text"), "twelve bytes");
    execFileSync("mkfifo", [join(home, "pipe")]);
    expect(await refusal(readText(home))).toBe("runs: cannot read HOME: it is a folder");
    expect(await refusal(readText("/dev/zero"))).toBe("runs: cannot read /dev/zero: it must be a file, it is a device");
    expect(await refusal(readText(join(home, "pipe")))).toContain("it must be a file, it is a pipe");
    expect(await refusal(readText(join(home, "text"), { most: 11 }))).toBe(
      "runs: cannot read HOME/text: it may have at most 11 bytes, it has more",
    );
    expect(await readText(join(home, "text"), { most: 12 })).toBe("twelve bytes");
  });

  test.runIf(process.platform === "linux")("counts what a file really holds, whatever its size says", async () => {
    expect(await refusal(readText("/proc/self/status", { most: 100 }))).toContain("at most 100 bytes");
  });
});
