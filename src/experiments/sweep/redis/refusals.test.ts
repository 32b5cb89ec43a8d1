import { describe, expect, it } from "vitest";
import { UserError } from "../../../errors.ts";
import type { Connection } from "./client.ts";
import { checkWritable, Refusals, refusalOf } from "./refusals.ts";

/** An error as ioredis makes one of Redis's answer. */
const reply = (message: string): Error => Object.assign(new Error(message), { name: "ReplyError" });
const full = "OOM command not allowed when used memory > 'maxmemory'.";
const replica = "READONLY You can't write against a read only replica. script: 4c8";
const address = { url: "redis://:S3same@h:1", prefix: "p" };
const on = (unlink: () => Promise<unknown>) =>
  ({ address, key: () => "p:nothing", redis: { unlink } }) as unknown as Connection;
const quiet = on(async () => 0);

describe("a command that Redis refuses", () => {
  it("is one that waiting may mend, or not, by its answer", () => {
    const passing = [
      full,
      "MISCONF Redis is configured to save RDB snapshots, but",
      "NOREPLICAS Not enough good replicas",
    ];
    const further = ["LOADING Redis is loading the dataset in memory", "ERR max number of clients reached", "BUSY x"];
    for (const message of [...passing, ...further]) expect(refusalOf(reply(message))?.passes).toBe(true);
    for (const message of [
      replica,
      "NOPERM User x",
      "WRONGTYPE Operation",
      "MOVED 1 h:2",
      "ERR unknown command 'EVAL'",
    ])
      expect(refusalOf(reply(message))).toMatchObject({ passes: false, fix: expect.any(String) });
    expect(refusalOf(new Error("Connection is closed."))).toBeUndefined();
    expect(refusalOf(undefined)).toBeUndefined();
  });

  it("is said once, with what to do, and again after it had passed", () => {
    const [said, ends]: [string[], unknown[]] = [[], []];
    const refusals = new Refusals(quiet, "sweep", {
      say: (text) => said.push(text),
      onEnd: (error) => ends.push(error),
    });
    refusals.passed();
    for (let i = 0; i < 3; i++) refusals.hear(reply(full));
    refusals.hear(new Error("Connection is closed."));
    const once = `Redis at redis://h:1 refuses a command: ${full}: it is full: raise its maxmemory, or remove keys that nobody needs; waiting`;
    expect(said).toEqual([once]);
    refusals.passed();
    refusals.passed();
    refusals.hear(reply(full));
    expect(said).toEqual([once, "Redis takes commands again", once]);
    expect(ends).toEqual([]);
    refusals.hear(reply(replica));
    expect(ends).toHaveLength(1);
    expect(ends[0]).toBeInstanceOf(UserError);
    expect(String(ends[0])).toMatch(
      /sweep: Redis at redis:\/\/h:1 .*read-only replica: give the address of its primary/,
    );
  });

  it("is found before anything is made, where waiting is of no use", async () => {
    const answers = (message: string) => on(() => Promise.reject(reply(message)));
    await expect(checkWritable(quiet, "worker")).resolves.toBeUndefined();
    await expect(checkWritable(answers("MISCONF x"), "worker")).resolves.toBeUndefined();
    for (const message of [replica, "NOPERM x", "WRONGPASS x"])
      await expect(checkWritable(answers(message), "worker")).rejects.toThrow(
        /^worker: Redis at redis:\/\/h:1 refuses/,
      );
  });
});
