import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeIdx } from "../data/index.ts";
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

/** A command line, flags with one value each at its end, with other values for some of them: no flag may come twice. */
export function withFlags(argv: readonly string[], flags: readonly string[]): string[] {
  const isOther = (i: number): boolean => flags.some((flag) => flag.startsWith("--") && flag === argv[i]);
  return [...argv.filter((_, i) => !isOther(i) && !isOther(i - 1)), ...flags];
}

/**
 * A folder of IDX files in which the class is where the bright pixel is: 4×4 images, 240 to train and validate, 40 to test,
 * which a network learns in an epoch or two.
 */
export async function tinyData(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "heaviside-tiny-"));
  for (const [stem, count] of [
    ["train", 240],
    ["t10k", 40],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => (i * 7) % 10);
    const images = new Uint8Array(count * 16).map((_, at) => {
      const [i, pixel] = [Math.floor(at / 16), at % 16];
      return pixel === labels[i]! ? 255 : (i * 31 + pixel * 17) % 40;
    });
    await writeFile(join(folder, `${stem}-images-idx3-ubyte`), encodeIdx({ shape: [count, 4, 4], data: images }));
    await writeFile(join(folder, `${stem}-labels-idx1-ubyte`), encodeIdx({ shape: [count], data: labels }));
  }
  return folder;
}
