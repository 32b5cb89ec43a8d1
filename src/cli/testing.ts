import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { main } from "./main.ts";
import type { Terminal } from "./terminal.ts";

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A terminal that remembers; `interrupt` is Ctrl-C. */
export function fakeTerminal(options: { tty?: boolean; columns?: number; env?: Terminal["env"] } = {}) {
  const written = { out: "", err: "" };
  const exits: number[] = [];
  let handler: (() => void) | undefined;
  const stream = (name: "out" | "err", onWrite?: (text: string) => void) => ({
    isTTY: options.tty ?? false,
    columns: options.columns,
    write: (text: string) => {
      written[name] += text;
      onWrite?.(text);
    },
  });
  let watcher: ((text: string) => void) | undefined;
  const terminal: Terminal = {
    out: stream("out", (text) => watcher?.(text)),
    err: stream("err", (text) => watcher?.(text)),
    env: options.env ?? {},
    onInterrupt: (given) => {
      handler = given;
      return () => {
        handler = undefined;
      };
    },
    exit: (code) => exits.push(code),
  };
  return {
    terminal,
    written,
    exits,
    interrupt: () => handler?.(),
    /** Calls `then` with everything that is written. */
    watch: (then: (text: string) => void) => {
      watcher = then;
    },
  };
}

/** Runs a command line and gives what it printed. */
export async function heaviside(...argv: string[]): Promise<Run> {
  const { terminal, written } = fakeTerminal();
  const code = await main(argv, terminal);
  return { code, ...written };
}

/**
 * Lines with more characters than a terminal has columns. Folders of the test stand for such that a user names: a path is never broken.
 */
export const tooLong = (text: string, columns = 80): string[] =>
  text.split("\n").filter((line) => Array.from(line).length > columns && !line.includes(tmpdir()));

/** A command line, flags with one value each at its end, with other values for some of them: no flag may come twice. */
export function withFlags(argv: readonly string[], flags: readonly string[]): string[] {
  const isOther = (i: number): boolean => flags.some((flag) => flag.startsWith("--") && flag === argv[i]);
  return [...argv.filter((_, i) => !isOther(i) && !isOther(i - 1)), ...flags];
}

/** A new folder with the small data of ten classes, for the caller to remove. */
export const tinyData = async (): Promise<string> => writeTinyData(await mkdtemp(join(tmpdir(), "heaviside-tiny-")));
