import type { Source } from "./repository.ts";

/** More lines than this in one file have to be answered for. */
export const limit = 400;

/** The files that are longer all the same, and why. */
export const exceptions: Readonly<Record<string, string>> = {
  "src/backends/engine/kernels.test.ts":
    "every instruction of the kernels, on one harness, in the order of kernels/README.md",
};

export const lines = ({ text }: Source): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

/** Files over the limit that aren't excepted, and exceptions that no file needs. */
export function sizeViolations(files: readonly Source[], excepted = exceptions): string[] {
  const long = files.filter((file) => lines(file) > limit);
  const unexpected = long
    .filter(({ path }) => !(path in excepted))
    .map((file) => `${file.path} has ${lines(file)} lines, more than ${limit}: split it, or say why in the table`);
  const stale = Object.keys(excepted)
    .filter((path) => !long.some((file) => file.path === path))
    .map((path) => `${path} is excepted, but has no more than ${limit} lines`);
  return [...unexpected, ...stale];
}
