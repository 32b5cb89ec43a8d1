import type { Terminal } from "../../../src/cli/terminal.ts";
import { type Cli, checkMessage } from "./target.ts";

/** After this long a command is interrupted, in milliseconds: it has shown how it begins. */
const PATIENCE = 400;
/** From then on it has this long to end. */
const STOPPING = 20_000;
const CODES = new Set([0, 1, 2, 3, 130]);

/** Runs a command line, interrupting what takes long. Throws where it ends in another way than a command may. */
export async function runCommand({ main }: Cli, argv: readonly string[]): Promise<number> {
  const written = { out: "", err: "" };
  const handlers = new Set<() => void>();
  const stream = (name: "out" | "err") => ({ write: (text: string) => (written[name] += text) });
  const terminal = {
    out: stream("out"),
    err: stream("err"),
    env: {},
    onInterrupt: (handler: () => void) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    exit: () => {},
  } as unknown as Terminal;
  const started = performance.now();
  const interrupting = setInterval(() => {
    if (performance.now() - started > PATIENCE) for (const handler of [...handlers]) handler();
  }, 200);
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`not stopped ${STOPPING} ms after Ctrl-C`)), PATIENCE + STOPPING).unref();
  });
  const shown = `heaviside ${argv.map((word) => JSON.stringify(word.length > 200 ? `${word.slice(0, 200)}…` : word)).join(" ")}`;
  try {
    const code = await Promise.race([main(argv, terminal), late]);
    if (!CODES.has(code)) throw new Error(`exit code ${code}`);
    checkMessage(written.err);
    if (code === 1 || code === 2)
      if (!written.err.includes("heaviside: "))
        throw new Error(`exit code ${code} without a message: ${written.err.slice(0, 300)}`);
    return code;
  } catch (error) {
    throw new Error(`${shown}: ${error instanceof Error ? error.stack : error}`);
  } finally {
    clearInterval(interrupting);
  }
}

/** An exit code in a word. */
export const outcomeOf = (code: number): string => (code === 130 ? "interrupted" : code === 0 ? "done" : "refused");
