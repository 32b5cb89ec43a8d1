import { execFileSync } from "node:child_process";
import { root } from "../../test/support/repository.ts";

/** Runs a program that the page gives, with the library of this repository, and splits the lines that it prints into words. */
export function run(program: string): string[][] {
  const flags = ["--conditions=@heaviside/source", "--import", "tsx", "--input-type=module"];
  const out = execFileSync(process.execPath, [...flags, "--eval", program], { cwd: root, encoding: "utf8" });
  return out
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
}
