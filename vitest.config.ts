import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: {
      "heaviside/testing": fileURLToPath(new URL("src/laws/index.ts", import.meta.url)),
      heaviside: fileURLToPath(new URL("src/index.ts", import.meta.url)),
    },
  },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts", "kernels/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "bench/peers/**"],
    // Tests start workers of their own and set flags of the engine: each file gets a process.
    pool: "forks",
    // Many tests run on the reference backend without a word, which a user is told.
    execArgv: ["--disable-warning=HEAVISIDE_REFERENCE"],
    maxWorkers: 2,
    // A net for what hangs, not a measure: two busy cores are slow.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/support/reporter.ts"],
  },
});
