import { type DatasetSummary, summarize } from "../../data/index.ts";
import { count, jsonLine } from "../../describe/format.ts";
import { alignColumns } from "../../describe/table.ts";
import { overlay } from "../flags.ts";
import { datasetFor } from "../prepare.ts";
import { resolveJob } from "../schema.ts";
import { styleFor, type Terminal } from "../terminal.ts";

export interface DataFlags {
  readonly dataDir?: string;
  readonly limit?: string;
  readonly json?: boolean;
}

/** Prints what to know about a data set before modelling it. */
export async function dataCommand(name: string, { json, ...flags }: DataFlags, terminal: Terminal): Promise<number> {
  const data = await datasetFor(resolveJob(overlay({}, { ...flags, data: name }), "data"));
  const summary = summarize(data);
  if (json) terminal.out.write(`${jsonLine(summary)}\n`);
  else terminal.out.write(`${page(summary, styleFor(terminal.out, terminal.env).bold)}\n`);
  return 0;
}

function page(
  { name, inputShape, classNames, splitNote, splits, overlaps, warnings }: DatasetSummary,
  bold: (text: string) => string,
): string {
  const parts = Object.entries(splits);
  const [head, ...rows] = alignColumns(
    [
      ["split", "examples", "mean", "sd", "min", "max", "zeros"],
      ...parts.map(([split, { size, pixels: p }]) => [
        split,
        count(size),
        p.mean.toFixed(4),
        p.sd.toFixed(4),
        String(p.min),
        String(p.max),
        `${(100 * p.zeros).toFixed(1)}%`,
      ]),
    ],
    [1, 2, 3, 4, 5, 6],
  );
  const [classHead, ...classRows] = alignColumns(
    [
      ["class", ...parts.map(([split]) => split)],
      ...classNames.map((label, i) => [label, ...parts.map(([, { perClass }]) => count(perClass[i]!))]),
    ],
    [1, 2, 3],
  );
  return [
    `${name}: inputs [${inputShape.join(", ")}], ${classNames.length} classes; ${splitNote}`,
    "",
    bold(head!),
    ...rows,
    "",
    bold(classHead!),
    ...classRows,
    "",
    ...overlaps.map(
      ({ splits: [first, second], examples, otherLabel }) =>
        `examples of ${second} that are in ${first} too: ${count(examples)}${examples > 0 ? `, ${count(otherLabel)} of them with another label` : ""}`,
    ),
    ...(warnings.length > 0 ? [""] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
}
