import { COLUMNS } from "../describe/format.ts";
import { fileError } from "../runs/index.ts";

/** What a command needs of an output stream. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Everything that a command sees of the world outside, so that a test can stand in for it. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Calls `handler` with an exit code where the process would end otherwise, until the function that it gives is called: at Ctrl-C (130,
   * the default), at another signal that ends processes (128 and its number), and when nobody reads standard output any more (141).
   */
  onInterrupt(handler: (code?: number) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** Exit code of a command that was stopped by Ctrl-C; `main` turns it into that of another reason. */
export const STOPPED = 130;
/** 128 and the number of SIGPIPE, as the shell has it for programs that it ends. */
const NO_READER = 141;
const signals = { SIGINT: STOPPED, SIGTERM: 143, SIGHUP: 129 } as const;
/** Milliseconds in which signals are one wish: npx passes on the Ctrl-C that we had already, a shell the hangup. */
const SAME_WISH = 300;

export function processTerminal(): Terminal {
  const handlers = new Set<(code?: number) => void>();
  let read = true;
  const out = lasting(process.stdout, (error) => {
    // A reader that stops early (`heaviside … | head`) is no mistake, and what needs a reader can stop.
    if (error.code !== "EPIPE" && error.code !== "EIO") return lost(error);
    read = false;
    for (const handler of handlers) handler(NO_READER);
  });
  return {
    out,
    // A message that nobody can read is no reason to stop: the work is what was asked for.
    err: lasting(process.stderr, () => {}),
    env: process.env,
    onInterrupt(handler) {
      let last = Number.NEGATIVE_INFINITY;
      const listeners = Object.entries(signals).map(([name, code]) => {
        const listener = (): void => {
          const again = performance.now() - last < SAME_WISH;
          last = performance.now();
          if (!again) handler(code);
        };
        return [name, listener] as const;
      });
      for (const [name, listener] of listeners) process.on(name, listener);
      handlers.add(handler);
      if (!read) handler(NO_READER);
      return () => {
        for (const [name, listener] of listeners) process.off(name, listener);
        handlers.delete(handler);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** A stream of the process that takes what is written after its end, too; `onEnd` is called once. */
function lasting(stream: NodeJS.WriteStream, onEnd: (error: NodeJS.ErrnoException) => void): Output {
  let open = true;
  stream.on("error", (error) => {
    if (open) onEnd(error);
    open = false;
  });
  return {
    write: (text) => open && stream.write(text),
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
  };
}

/** Results that could not be written are not a success, whatever the command returns. */
function lost(error: NodeJS.ErrnoException): void {
  const { message } = fileError("write", "standard output", error);
  process.stderr.write(`heaviside: ${message.replace(/^runs: /, "")}\n`);
  process.once("exit", () => {
    process.exitCode ||= 1;
  });
}

/** Columns of a table: those of the terminal, or all that the table has. */
export const roomFor = ({ columns }: Pick<Output, "columns">, wide: boolean | undefined): number =>
  wide ? Number.POSITIVE_INFINITY : columns || COLUMNS;

/** Whether a line may be rewritten in place: a terminal that understands it. */
export const isLive = (stream: Output, env: Terminal["env"]): boolean => stream.isTTY === true && env.TERM !== "dumb";

/** Text set off by weight or brightness where the stream is a terminal and NO_COLOR is not set. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
}

export function styleFor(stream: Output, env: Terminal["env"]): Style {
  const on = isLive(stream, env) && !env.NO_COLOR;
  const wrap = (open: number, close: number) => (text: string) => (on ? `\x1b[${open}m${text}\x1b[${close}m` : text);
  return { bold: wrap(1, 22), dim: wrap(2, 22) };
}

/**
 * Runs `work` with a signal that the first Ctrl-C (or what else ends processes) aborts; a second one ends the process at once.
 * `onFirst` says so to the user.
 */
export async function interruptible<T>(
  terminal: Terminal,
  onFirst: () => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const off = terminal.onInterrupt((code = STOPPED) => {
    // Without a reader nobody has asked twice: the terminal, or the program behind the pipe, has ended by the first signal.
    if (controller.signal.aborted) return code === NO_READER ? undefined : terminal.exit(code);
    controller.abort();
    onFirst();
  });
  try {
    return await work(controller.signal);
  } finally {
    off();
  }
}
