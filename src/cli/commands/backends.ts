import { MOST_THREADS } from "../../backends/engine/engine.ts";
import { jsonLine } from "../../describe/format.ts";
import { alignColumns } from "../../describe/table.ts";
import { numberOrText } from "../../options/text.ts";
import { checkNumber } from "../../rules.ts";
import { type Check, selfTest } from "../self-test.ts";
import { styleFor, type Terminal } from "../terminal.ts";

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
  else terminal.out.write(`${listing(checks, styleFor(terminal.out, terminal.env).bold)}\n`);
  return checks.every(({ passed, info }) => passed || !info) && checks.some(({ passed }) => passed) ? 0 : 1;
}

function listing(checks: readonly Check[], bold: (text: string) => string): string {
  const rows = checks.map(({ name, info, passed, difference, milliseconds }) => [
    name,
    info?.instructionSet ?? "not available",
    String(info?.threads ?? "–"),
    !info ? "–" : passed ? `passed, ${milliseconds!.toFixed(1)} ms` : "FAILED",
    difference === undefined ? "–" : difference.toExponential(1),
  ]);
  const [head, ...lines] = alignColumns(
    [["backend", "instruction set", "threads", "self-test", "off by"], ...rows],
    [2],
  );
  const notes = checks.flatMap(({ name, info, missing }) => [
    ...(missing === undefined ? [] : [`${name}: ${missing}`]),
    ...(info?.note === undefined ? [] : [`${name}: ${info.note}`]),
  ]);
  return [
    bold(head!),
    ...lines,
    "",
    "self-test: a stochastic layer, its loss and gradient, planned and run once; off by: the largest difference from the",
    "reference backend, as a share of the largest value",
    ...notes,
  ].join("\n");
}
