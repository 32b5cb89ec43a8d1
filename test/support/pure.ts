/** For files that share a process: after each, the next one must find what it would find in a new process. */
import { afterAll, beforeAll, expect } from "vitest";
import { currentBackend } from "../../src/backends/select.ts";

const around = () => ({
  backend: currentBackend().info().name,
  folder: process.cwd(),
  listeners: ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"].map((name) => process.listenerCount(name)),
});

let before: ReturnType<typeof around>;
beforeAll(() => {
  before = around();
});
afterAll(() => {
  expect(around(), "a test that changes its process is named in `own` of vitest.config.ts").toEqual(before);
  expect(before.backend).toBe("reference");
});
