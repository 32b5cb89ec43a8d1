import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const tests = [
  "src/**/*.test.ts",
  "test/**/*.test.ts",
  "bench/**/*.test.ts",
  "kernels/**/*.test.ts",
  "lab/**/*.test.ts",
];
/** What CI runs, and whoever names a file or a folder: it takes many seconds, and finds what concerns few changes. */
const long = [
  "bench/{engines,subjects,workloads}/**/*.test.ts",
  "bench/protocol.test.ts",
  "lab/build/library.test.ts",
  "lab/e2e/**/*.test.ts",
  "src/cli/images.test.ts",
  "src/estimators/testing/mutants.test.ts",
  "src/experiments/images/command.test.ts",
  "src/statistics/jackknife.test.ts",
  "test/onnx/every.test.ts",
  "src/cli/sweep-shards.test.ts",
  "test/{bundlers,deno,deploy,first-call,jobs,notebooks-run,optuna,other-tools,readme,runtimes,slurm}{,/*}.test.ts",
];
const named = process.argv.slice(2).some((argument) => /^(bench|lab|src|test)\//.test(argument));
const full = process.env.HEAVISIDE_REQUIRE_ALL === "1" || named;
const exclude = [...configDefaults.exclude, "bench/peers/**", ...(full ? [] : long)];
/**
 * Folders whose tests leave a process as they found it: no flags of the engine, no listeners, no current backend. They
 * share processes, so that the library is loaded once and not for each file.
 */
const pure = [
  "src/{cells,compare,cost,describe,estimators,explore,formats,gating,graph,laws,layers,measure,models,optimizers,options,plan,plots,predict,random,report,statistics}/**/*.test.ts",
  "src/{cli,compile,config,data,experiments,generate,runs,train}/**/*.test.ts",
  "src/*.test.ts",
  "src/backends/{all-pairs,checks,closed-blocks,conformance,empty,long-sums,random-scans,recompute,rows,scan,sparse-matmul,subnormal}.test.ts",
  "src/backends/engine/**/*.test.ts",
  "bench/**/*.test.ts",
  "test/*.test.ts",
  "test/support/*.test.ts",
];
/** Files of those folders that do need a process of their own. */
const own = [
  "src/backends/engine/pager.test.ts",
  "src/cli/signals.test.ts",
  "src/graph/evaluate.test.ts",
  "test/architecture.test.ts",
];

/** Each entry of the package by its name, as its source. */
function entries() {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
  return Object.entries<{ readonly [condition: string]: string }>(exports).flatMap(([name, at]) => {
    const source = at["@heaviside/source"];
    return source
      ? [
          {
            find: new RegExp(`^heaviside${name.slice(1)}$`),
            replacement: fileURLToPath(new URL(source, import.meta.url)),
          },
        ]
      : [];
  });
}

export default defineConfig({
  resolve: {
    alias: [
      ...entries(),
      // A call without a backend starts the fastest: tests that name none are about the ops' own definitions.
      { find: /^\.\/at-once\.ts$/, replacement: fileURLToPath(new URL("test/support/at-once.ts", import.meta.url)) },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          include: pure,
          exclude: [...exclude, ...own],
          isolate: false,
          setupFiles: ["./test/support/equal.ts", "./test/support/pure.ts"],
        },
      },
      // Tests start workers of their own and set flags of the engine: each file gets a process.
      { extends: true, test: { name: "own", include: tests, exclude: [...exclude, ...pure] } },
      { extends: true, test: { name: "own, of shared folders", include: own, exclude } },
    ],
    setupFiles: "./test/support/equal.ts",
    env: { HEAVISIDE_FULL: full ? "1" : "" },
    pool: "forks",
    maxWorkers: 2,
    // A net for what hangs, not a measure: two busy cores are slow.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/support/reporter.ts"],
  },
});
