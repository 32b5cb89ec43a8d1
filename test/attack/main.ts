/**
 * `npm run attack [-- SUITE…] [--full | --cases N] [--seed N] [--case N]`: gives the package inputs and faults that it must survive, each suite's
 * bounded number of them, or all with --full. Ends with a line for each suite; exit code 1 where a case ended wrongly.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { suites } from "./index.ts";
import { buildPackage } from "./package.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: "boolean" }, cases: { type: "string" }, seed: { type: "string", default: "1" } },
});
const names = positionals.length > 0 ? positionals : Object.keys(suites);
for (const name of names)
  if (!(name in suites)) {
    console.error(`attack: there is no suite ${name}; the suites are ${Object.keys(suites).join(", ")}`);
    process.exit(2);
  }

const home = mkdtempSync(join(tmpdir(), "heaviside-attack-"));
let [passed, failed] = [0, 0];
try {
  const pack = await buildPackage(home);
  for (const name of names) {
    const suite = suites[name]!;
    const cases = values.cases === undefined ? (values.full ? suite.full : suite.cases) : Number(values.cases);
    const folder = join(home, name);
    mkdirSync(folder);
    const began = performance.now();
    let shown = began;
    const onProgress = (done: number): void => {
      const now = performance.now();
      if (now - shown < 5000) return;
      shown = now;
      const left = ((now - began) / Math.max(1, done)) * (cases - done);
      console.error(
        `${name}: ${done}/${cases}, ${((done / (now - began)) * 1000).toFixed(1)} a second, ${Math.ceil(left / 1000)} s left`,
      );
    };
    const faults = await suite.run({ cases, seed: Number(values.seed), folder, pack, onProgress });
    for (const fault of faults.slice(0, 20)) console.log(`${name}, case ${fault.case}: ${fault.what}`);
    const wrong = new Set(faults.map((fault) => fault.case)).size;
    passed += cases - wrong;
    failed += wrong;
    console.log(
      `${name}: ${cases - wrong} of ${cases} ${suite.title}, ${((performance.now() - began) / 1000).toFixed(0)} s`,
    );
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
