/** The folder that holds the library itself: `…/src/` or `…/dist/`. */
const home = new URL("../", import.meta.url).href;
const homePath = home.startsWith("file://") ? decodeURIComponent(home.slice("file://".length)) : home;

const isOwn = (frame: string): boolean =>
  (frame.includes(home) || frame.includes(homePath)) && !/\.test\.[jt]s/.test(frame);

/** `\n    at …` of the first caller outside the library, or nothing where the engine gives no stack. */
export function userCall(): string {
  const limited = Error as { stackTraceLimit?: number };
  const before = limited.stackTraceLimit;
  limited.stackTraceLimit = 60;
  const stack = new Error().stack ?? "";
  if (before !== undefined) limited.stackTraceLimit = before;
  const frame = stack
    .split("\n")
    .slice(1)
    .find((line) => line.trim() !== "" && !isOwn(line));
  return frame === undefined ? "" : `\n    ${frame.trim()}`;
}
