import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("a case without end is named, and its process ended", () => {
  const file = fileURLToPath(new URL("watchdog.ts", import.meta.url));
  const program = `const { watchdog } = await import(${JSON.stringify(file)});
    const dog = await watchdog("csv", 300);
    dog.begun(6);
    dog.begun(7);
    for (;;);`;
  const { signal, stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "--eval", program],
    {
      encoding: "utf8",
      timeout: 30_000,
      killSignal: "SIGTERM",
    },
  );
  expect(stdout).toBe("csv, seed 7: no end after 0.3 s\n");
  expect(signal).toBe("SIGKILL");
});
