import { compare } from "../../compare/index.ts";
import { jsonLine } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { comparisonSvg } from "../../report/index.ts";
import { writeAtomically } from "../../runs/index.ts";
import { styleFor, type Terminal } from "../terminal.ts";

export interface CompareFlags {
  readonly metric?: string;
  readonly against?: string;
  readonly csv?: string;
  readonly parquet?: string;
  readonly curves?: string;
  readonly latex?: string;
  readonly svg?: string;
  readonly wide?: boolean;
  readonly json?: boolean;
}

/** Compares runs over seeds: a table of the groups, tests of their pairs, and files of both. */
export async function compareCommand(
  runs: readonly string[],
  flags: CompareFlags,
  terminal: Terminal,
): Promise<number> {
  checkFiles(flags);
  const { metric, against, wide } = flags;
  const found = await compare(runs, { metric, against });
  const curvesAs = (file: string) => (isParquet(file) ? found.toParquet("curves") : found.toCsv("curves"));
  const written = [
    ...(flags.csv === undefined ? [] : [["figures of all runs", flags.csv, found.toCsv()] as const]),
    ...(flags.parquet === undefined ? [] : [["figures of all runs", flags.parquet, found.toParquet()] as const]),
    ...(flags.curves === undefined ? [] : [["all validations", flags.curves, curvesAs(flags.curves)] as const]),
    ...(flags.latex === undefined ? [] : [["tables", flags.latex, found.toLatex()] as const]),
    ...(flags.svg === undefined ? [] : [["picture", flags.svg, await comparisonSvg(found)] as const]),
  ];
  const stream = flags.json ? terminal.err : terminal.out;
  const { bold } = styleFor(stream, terminal.env);
  stream.write(`${found.text({ columns: stream.columns || 80, wide, bold })}\n`);
  for (const [what, file, text] of written) {
    await writeAtomically(file, text);
    stream.write(`${what}: ${file}\n`);
  }
  if (flags.json) terminal.out.write(`${jsonLine(found)}\n`);
  return 0;
}

const isParquet = (file: string): boolean => /\.parquet$/i.test(file);

/** Throws UserError for two files of one name, and for a picture or a table of another format. */
function checkFiles({ csv, parquet, curves, latex, svg }: CompareFlags): void {
  const named = Object.entries({ csv, parquet, curves, latex, svg }).filter(([, file]) => file !== undefined);
  for (const [i, [flag, file]] of named.entries()) {
    const twin = named.slice(0, i).find(([, other]) => other === file);
    if (twin)
      throw new UserError(`compare: each file must have a name of its own, --${twin[0]} and --${flag} name ${file}`);
  }
  if (csv !== undefined && isParquet(csv))
    throw new UserError(`compare: --csv writes CSV, received ${csv}: give it to --parquet`);
  if (curves !== undefined && !/\.(csv|parquet)$/i.test(curves))
    throw new UserError(`compare: --curves must end in .csv or .parquet, received ${curves}`);
  if (svg !== undefined && /\.(png|jpe?g|pdf)$/i.test(svg))
    throw new UserError(`compare: --svg writes SVG, received ${svg}: name it .svg`);
}
