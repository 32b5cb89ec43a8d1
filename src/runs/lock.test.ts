import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { folderForEachTest, refusal } from "../../test/support/temporary.ts";
import { lockFolder, lockFolderOfDead } from "./lock.ts";
import { ensureFolder, newFolder } from "./make-folder.ts";

let home: string;
folderForEachTest((folder) => {
  home = folder;
});

/** Writes a lock as another process would have. */
const lockOf = (holder: object | string, number = 1): Promise<void> =>
  writeFile(
    join(home, `.lock-${number}`),
    typeof holder === "string" ? holder : JSON.stringify({ host: hostname(), since: "then", ...holder }),
  );
const old = new Date(Date.now() - 3_600_000);

/** Lets the seconds pass in no time in which a promise waits, and does something meanwhile. */
async function hurried<T>(work: () => Promise<T>, meanwhile = async () => {}): Promise<T> {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  let isDone = false;
  const promise = work().finally(() => {
    isDone = true;
  });
  promise.catch(() => {});
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    if (vi.getTimerCount() === 0) continue;
    await meanwhile();
    vi.advanceTimersByTime(60_000);
  }
  return promise;
}
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a folder", () => {
  test("is one training's at a time, and free again when that has released it", async () => {
    const lock = await lockFolder(home);
    expect(await refusal(lockFolder(home))).toMatch(/^runs: .* is in use by this process since 20.*: wait for it, or/);
    await lock.release();
    await (await lockFolder(home)).release();
    expect(await readdir(home)).toEqual([]);
  });

  test("asked for many times at once is given once at most", async () => {
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(home)));
    const given = asked.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(given.length).toBe(1);
    await given[0]!.release();
    expect(await readdir(home)).toEqual([]);
  });

  test("whose process lives is refused with its number, and taken once it was killed", async () => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(other, "spawn");
    await lockOf({ pid: other.pid });
    expect(await refusal(lockFolder(home))).toContain(`is in use by process ${other.pid} since then`);
    other.kill("SIGKILL");
    await once(other, "exit");
    const lock = await lockFolder(home);
    expect(await readdir(home)).toEqual([".lock-2"]);
    await lock.release();
  });

  test.runIf(process.platform === "linux")("isn't held by a process that was given a dead one's number", async () => {
    const own = (await readFile(`/proc/${process.pid}/stat`, "utf8")).split(") ")[1]!.split(" ")[19];
    await lockOf({ pid: process.pid, process: own });
    expect(await refusal(lockFolder(home))).toContain("in use by this process");
    await lockOf({ pid: process.pid, process: `${own}1` });
    await (await lockFolder(home)).release();
  });

  test("is refused where an older lock than the last, stale one lives: its owner came while others went", async () => {
    await lockOf({ pid: process.ppid }, 1);
    await lockOf({ pid: 2 ** 30 }, 2);
    expect(await refusal(lockFolder(home))).toContain(`in use by process ${process.ppid} since then`);
    expect((await readdir(home)).sort()).toEqual([".lock-1", ".lock-2"]);
  });

  test("of another machine is taken when nobody has touched its lock for minutes", async () => {
    await lockOf({ pid: 1, host: "elsewhere" });
    expect(await refusal(lockFolder(home))).toBe(
      `runs: ${home} is in use by process 1 on elsewhere since then: wait for it, or choose another folder; where it no longer runs, delete ${home}/.lock-1`,
    );
    await utimes(join(home, ".lock-1"), old, old);
    await (await hurried(() => lockFolder(home))).release();
    expect(await readdir(home)).toEqual([]);
  });

  test("of another machine isn't taken where its lock looks old and is touched: a clock has jumped", async () => {
    const lock = join(home, ".lock-1");
    for (const hours of [-1, 1, 24 * 365]) {
      await lockOf({ pid: 1, host: "elsewhere" });
      const wrong = new Date(Date.now() + hours * 3_600_000);
      await utimes(lock, wrong, wrong);
      const touched = () => utimes(lock, wrong, new Date(wrong.getTime() + 10_000));
      expect(await hurried(() => refusal(lockFolder(home)), touched)).toContain("in use by process 1 on elsewhere");
      expect(await readdir(home)).toEqual([".lock-1"]);
    }
  });

  test("of another machine isn't taken because the time of day here is wrong", async () => {
    await lockOf({ pid: 1, host: "elsewhere" });
    const now = Date.now();
    for (const hours of [-1, 1, 24 * 365]) {
      vi.spyOn(Date, "now").mockReturnValue(now + hours * 3_600_000);
      expect(await refusal(lockFolder(home))).toContain("in use by process 1 on elsewhere");
    }
  });

  test("keeps its lock touched with the file system's own time, and the text in it", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const lock = await lockFolder(home);
    const file = join(home, ".lock-1");
    const text = await readFile(file, "utf8");
    await utimes(file, old, old);
    vi.advanceTimersByTime(11_000);
    await vi.waitFor(async () => expect((await stat(file)).mtimeMs).toBeGreaterThan(old.getTime() + 1000));
    expect(await readFile(file, "utf8")).toBe(text);
    await lock.release();
  });

  test("that another machine has taken since is left to it: nothing is written, and its lock stays", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const theirs = { pid: 7, host: "elsewhere" };
    const takenBy = async (name: string): Promise<void> => {
      await rm(join(home, ".lock-1"));
      await writeFile(join(home, name), JSON.stringify({ host: "elsewhere", since: "then", pid: 7 }));
    };
    for (const name of [".lock-1", ".lock-2"]) {
      const lock = await lockFolder(home);
      await lock.check();
      await takenBy(name);
      const before = await readFile(join(home, name), "utf8");
      // Seen by itself, too.
      vi.advanceTimersByTime(11_000);
      await vi.waitFor(() => expect(lock.lost.aborted).toBe(true));
      const why = `runs: ${home} was taken over by process ${theirs.pid} on ${theirs.host}, which found no sign`;
      expect(await refusal(lock.check())).toContain(why);
      expect(lock.lost.reason.message).toContain(why);
      await lock.release();
      expect(await readFile(join(home, name), "utf8")).toBe(before);
      await rm(join(home, name));
    }
  });

  test("whose lock was deleted is written no more, and one whose file can't be read for a while is", async () => {
    const lock = await lockFolder(home);
    await rm(join(home, ".lock-1"));
    await ensureFolder(join(home, ".lock-1"));
    await lock.check();
    await rm(join(home, ".lock-1"), { recursive: true });
    expect(await refusal(lock.check())).toContain(`runs: ${home} has lost its lock, somebody has deleted it`);
    await lock.release();
  });

  test("whose lock was never written in full is taken, but not while that may still come", async () => {
    await lockOf("");
    expect(await refusal(lockFolder(home))).toBe(`runs: ${home} is just being taken by another process`);
    // A clock that went back leaves times that lie ahead.
    for (const long of [old, new Date(Date.now() + 3_600_000)]) {
      await lockOf('{"pid":');
      await utimes(join(home, ".lock-1"), long, long);
      await (await lockFolder(home)).release();
    }
  });

  test.runIf(process.platform !== "win32")("is refused where a pipe stands for its lock", async () => {
    execFileSync("mkfifo", [join(home, ".lock-1")]);
    expect(await refusal(lockFolder(home))).toBe(
      `runs: cannot read ${join(home, ".lock-1")}: it must be a file, it is a pipe`,
    );
  });

  describe("of another machine, where a cluster began its job anew", () => {
    const elsewhere = () => lockOf({ pid: 7, host: "elsewhere" });
    const file = () => join(home, ".lock-1");

    test("is waited for until its lock is stale or released, and taken then", async () => {
      await elsewhere();
      const said: string[] = [];
      const say = (why: string): void => void said.push(why);
      const ages = () => utimes(file(), old, old);
      await (await hurried(() => lockFolderOfDead(home, say, 5), ages)).release();
      expect(said).toEqual([expect.stringMatching(/was in use on elsewhere: waiting until/)]);
      vi.useRealTimers();
      await elsewhere();
      await (await lockFolderOfDead(home, () => void rm(file()), 5)).release();
      await elsewhere();
      await ages();
      await (await hurried(() => lockFolderOfDead(home, say, 5))).release();
      expect(said).toHaveLength(1);
    });

    test("is refused as soon as its lock is touched, or another one is there", async () => {
      await elsewhere();
      const touched = refusal(lockFolderOfDead(home, () => void utimes(file(), new Date(), new Date()), 5));
      expect(await touched).toContain("is in use by process 7 on elsewhere");
      const other = refusal(lockFolderOfDead(home, () => void lockOf({ pid: 8, host: "third" }, 2), 5));
      expect(await other).toContain("is in use by process 8 on third");
    });

    test("isn't waited for where it is of this machine", async () => {
      await lockOf({ pid: process.ppid });
      const never = () => expect.fail("waits");
      expect(await refusal(lockFolderOfDead(home, never, 5))).toContain(`is in use by process ${process.ppid}`);
    });
  });
});

describe("folders", () => {
  test("are made with those above them, and again", async () => {
    await ensureFolder(join(home, "a", "b", "c"));
    await ensureFolder(join(home, "a", "b", "c"));
    expect(await readdir(join(home, "a", "b"))).toEqual(["c"]);
  });

  test("asked for at once get a number each", async () => {
    const paths = await Promise.all(
      Array.from({ length: 8 }, () => newFolder((i) => join(home, "runs", `mnist-${i}`))),
    );
    expect(paths.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((i) => join(home, "runs", `mnist-${i}`)));
  });

  test.runIf(process.platform === "linux")("where a file system makes none say so at once", async () => {
    for (const path of ["/proc/heaviside", "/proc/heaviside/a/b", "/proc/self/heaviside"]) {
      expect(await refusal(ensureFolder(path))).toBe(
        `runs: cannot create ${path}: the file system there makes no folders`,
      );
      expect(await refusal(newFolder(() => path))).toMatch(
        /^runs: cannot create .*: the file system there makes no folders$/,
      );
    }
    await writeFile(join(home, "file"), "");
    expect(await refusal(ensureFolder(join(home, "file", "a")))).toBe(
      `runs: cannot create ${join(home, "file", "a")}: a part of its path is a file`,
    );
  });
});
