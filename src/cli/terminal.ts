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
  /** Calls `handler` at each Ctrl-C instead of ending the process, until the function that it gives is called. */
  onInterrupt(handler: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

export const processTerminal = (): Terminal => ({
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  onInterrupt(handler) {
    process.on("SIGINT", handler);
    process.on("SIGTERM", handler);
    return () => {
      process.off("SIGINT", handler);
      process.off("SIGTERM", handler);
    };
  },
  exit: (code) => process.exit(code),
});

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
 * Runs `work` with a signal that the first Ctrl-C aborts; a second one ends the process at once with exit code 130.
 * `onFirst` says so to the user.
 */
export async function interruptible<T>(
  terminal: Terminal,
  onFirst: () => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const off = terminal.onInterrupt(() => {
    if (controller.signal.aborted) return terminal.exit(130);
    controller.abort();
    onFirst();
  });
  try {
    return await work(controller.signal);
  } finally {
    off();
  }
}
