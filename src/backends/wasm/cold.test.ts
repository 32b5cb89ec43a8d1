import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { full } from "../../../test/support/full.ts";

// Node 20's baseline compiler lost a function's locals across a wait, and with them a chunk of work: only in code that had just been
// compiled, so only a fresh process shows it.
test.skipIf(!full)("the first product of a fresh process is whole, also in code of the baseline compiler", async () => {
  const script = fileURLToPath(new URL("testing/cold.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--liftoff-only",
    "--conditions=@heaviside/source",
    "--import",
    "tsx",
    script,
  ]);
  expect(stdout.trim()).toBe("0 elements differ");
});
