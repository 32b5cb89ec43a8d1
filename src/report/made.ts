import { createRequire } from "node:module";
import { arch, cpus, platform, release } from "node:os";
import type { Backend } from "../backends/backend.ts";

/** The package's version. */
export const version = (): string =>
  (createRequire(import.meta.url)("../../package.json") as { version: string }).version;

/** When, to the minute. */
export const madeOn = (): [string, string] => [
  "made on",
  `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
];

/** How something was made, for a report: backend, threads, machine, versions. */
export function made(backend: Backend): [string, string][] {
  const { name, instructionSet, threads, note } = backend.info();
  const processors = cpus();
  return [
    [
      "backend",
      `${name}, ${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"}${note ? ` (${note})` : ""}`,
    ],
    [
      "machine",
      `${processors[0]?.model.trim() || arch()}, ${processors.length} logical processors, ${platform()} ${release()}`,
    ],
    ["versions", `heaviside ${version()}, Node ${process.versions.node}, V8 ${process.versions.v8}`],
    madeOn(),
  ];
}
