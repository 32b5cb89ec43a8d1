import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { UserError } from "../../src/errors.ts";

const made = (): Promise<string> => mkdtemp(join(tmpdir(), "heaviside-test-"));
const removed = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/**
 * A temporary folder for each test that follows, removed after it.
 * @param use gets its path before the test
 */
export function folderForEachTest(use: (folder: string) => void): void {
  let folder: string;
  beforeEach(async () => {
    folder = await made();
    use(folder);
  });
  afterEach(() => removed(folder));
}

/**
 * One temporary folder for all tests of a file or of a `describe`, removed after them.
 * @param use gets its path before the first test, and may fill it
 */
export function folderForAllTests(use: (folder: string) => void | Promise<void>): void {
  let folder: string;
  beforeAll(async () => {
    folder = await made();
    await use(folder);
  });
  afterAll(() => removed(folder));
}

/** The message with which it is refused; fails where it isn't, and where the error isn't one for a user to read. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}
