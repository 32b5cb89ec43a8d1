import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { full } from "../../test/support/full.ts";
import { install } from "../../test/support/installed.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { main } from "./main.ts";
import { interruptible, processTerminal, type Terminal } from "./terminal.ts";
import { fakeTerminal } from "./testing.ts";

let folder: string;
let data: string;
let bin: string;
folderForAllTests((path) => {
  folder = path;
  install(folder);
  bin = join(folder, "node_modules/heaviside/bin/heaviside.js");
});
folderForAllTests((path) => {
  data = writeTinyData(path);
});

const training = (...more: string[]): string[] => [
  ...["train", "--data-dir", data, "--backend", "reference", "--hidden", "3", "--seed", "1"],
  ...more,
];

/** What a process said, and its exit code; `onText` sees standard output and error as they come. */
async function outcome(child: ChildProcess, onText: (text: string) => void = () => {}) {
  const said = { out: "", err: "" };
  for (const [name, stream] of [
    ["out", child.stdout],
    ["err", child.stderr],
  ] as const)
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
      onText(text);
    });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once("close", (...ended) => resolve(ended)),
  );
  return { code: code ?? signal, ...said };
}

/** A training that only what is tested here ends, within a minute. */
const endless = (run: string): ChildProcess =>
  spawn(process.execPath, [bin, ...training("--epochs", "1000000", "--out", run)], {
    timeout: 60_000,
    killSignal: "SIGKILL",
  });

describe.runIf(process.platform !== "win32")("a process", () => {
  it("that is hung up on leaves a checkpoint, 128 + 1, and the command that goes on", async () => {
    const run = join(folder, "hangup");
    const child = endless(run);
    let sent = false;
    const { code, err } = await outcome(child, (text) => {
      if (!sent && /epoch +\d+\//.test(text)) sent = child.kill("SIGHUP");
    });
    expect(err).toMatch(
      /^heaviside: stopped in epoch \d+ after step \d+; resume with\n {2}npx heaviside train --resume .*\n$/,
    );
    expect(code).toBe(129);
    expect(await readdir(run)).toContain("checkpoint.safetensors");
  });

  it("whose output nobody reads any more stops with a checkpoint, and not as if it were done", async () => {
    const run = join(folder, "unread");
    const child = endless(run);
    const { code, err } = await outcome(child, () => child.stdout!.destroy());
    expect(err).toContain("resume with\n  npx heaviside train --resume");
    expect(code).toBe(141);
    expect(await readdir(run)).toContain("checkpoint.safetensors");
  });

  it("whose messages nobody reads does what it was asked for", async () => {
    const run = join(folder, "silent");
    const child = spawn(process.execPath, [bin, ...training("--epochs", "2", "--out", run, "--json")]);
    child.stderr!.destroy();
    const { code, out } = await outcome(child);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ epochs: 2 });
    expect(await readdir(run)).toContain("result.json");
  });
});

describe.runIf(process.platform === "linux")("a process whose output has no room", () => {
  it("says so, and fails", async () => {
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [bin, "estimators"], { stdio: ["ignore", full, "pipe"] });
    closeSync(full);
    expect(await outcome(child)).toEqual({
      code: 1,
      out: "",
      err: "heaviside: cannot write standard output: no space is left\n",
    });
  });
});

/** The signals' listeners, called as Node would. */
const sent = (name: "SIGINT" | "SIGTERM" | "SIGHUP"): unknown => process.emit(name);

describe("signals", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s aborts the work once, however often it is passed on at that moment", async (name, code) => {
    const codes: (number | undefined)[] = [];
    const listeners = process.listenerCount(name);
    const off = processTerminal().onInterrupt((reason) => codes.push(reason));
    sent(name);
    sent(name);
    off();
    expect(process.listenerCount(name)).toBe(listeners);
    expect(codes).toEqual([code]);
  });

  it.skipIf(!full)("of another kind than Ctrl-C decide the exit code of a command that they stop", async () => {
    const { terminal } = fakeTerminal();
    const stopping: Terminal = {
      ...terminal,
      onInterrupt: (handler) => {
        handler(143);
        return () => {};
      },
    };
    const argv = ["experiment", "toys", "--steps", "25", "--repeats", "1", "--estimators", "disarm"];
    expect(await main([...argv, "--backend", "reference", "--out", join(folder, "toys")], stopping)).toBe(143);
  });

  it("end at once when they come again, but a lost reader is no second wish", async () => {
    const { terminal, exits } = fakeTerminal();
    let handler: (code?: number) => void = () => {};
    const held: Terminal = {
      ...terminal,
      onInterrupt: (given) => {
        handler = given;
        return () => {};
      },
    };
    await interruptible(
      held,
      () => {},
      async (signal) => {
        handler(129);
        expect(signal.aborted).toBe(true);
        handler(141);
        expect(exits).toEqual([]);
        handler(143);
      },
    );
    expect(exits).toEqual([143]);
  });
});
