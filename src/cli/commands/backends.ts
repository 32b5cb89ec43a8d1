import { MOST_THREADS } from "../../backends/engine/engine.ts";
import { jsonLine, wrap } from "../../describe/format.ts";
import { fitColumns } from "../../describe/table.ts";
import { numberOrText } from "../../options/text.ts";
import { checkNumber } from "../../rules.ts";
import { type Check, selfTest } from "../self-test.ts";
import { roomFor, styleFor, type Terminal } from "../terminal.ts";

/** Lists the backends with what they use of the machine, and the result of a small program on each. */
export async function backendsCommand(
  flags: { readonly json?: boolean; readonly threads?: string },
  terminal: Terminal,
): Promise<number> {
  const threads = flags.threads === undefined ? undefined : numberOrText(flags.threads);
  if (threads !== undefined)
    checkNumber("backends: --threads", threads, { whole: true, atLeast: 1, atMost: MOST_THREADS });
  const checks = await selfTest(threads);
  if (flags.json) terminal.out.write(`${jsonLine(checks)}\n`);
  else terminal.out.write(`${listing(checks, terminal)}\n`);
  return checks.every(({ passed, info }) => passed || !info) && checks.some(({ passed }) => passed) ? 0 : 1;
}

const LEGEND =
  "self-test: a stochastic layer, its loss and gradient, planned and run once; off by: the largest difference from the reference backend, as a share of the largest value";

function listing(checks: readonly Check[], { out, env }: Terminal): string {
  const { bold } = styleFor(out, env);
  const rows = checks.map(({ name, info, passed, difference, milliseconds }) => [
    name,
    info?.instructionSet ?? "not available",
    String(info?.threads ?? "–"),
    !info ? "–" : passed ? `passed, ${milliseconds!.toFixed(1)} ms` : "FAILED",
    difference === undefined ? "–" : difference.toExponential(1),
  ]);
  const table = [["backend", "instruction set", "threads", "self-test", "off by"], ...rows];
  const [head, ...lines] = fitColumns(table, { columns: roomFor(out, false), right: [2], wrapped: 1 }).lines;
  const notes = checks.flatMap(({ name, info, missing }) => [
    ...(missing === undefined ? [] : [`${name}: ${missing}`]),
    ...(info?.note === undefined ? [] : [`${name}: ${info.note}`]),
  ]);
  return [bold(head!), ...lines, "", ...[LEGEND, ...notes].map((note) => wrap(note, out.columns))].join("\n");
}
