import { UserError } from "../errors.ts";
import { numbersIn } from "../formats/json.ts";
import type { Column } from "../formats/parquet/encode.ts";
import { checkChoice } from "../rules.ts";
import type { Compared } from "./comparison.ts";
import type { Figures, RunRecord } from "./record.ts";

/** The tables of a comparison: `runs` has a row for each run, `curves` one for each validation of each run. */
const tableNames = ["runs", "curves"] as const;
export type TableName = (typeof tableNames)[number];

/** The columns of a table. Throws UserError for another name, and for curves of a run whose validations aren't known. */
export function columnsOf(compared: Compared, name: TableName): Column[] {
  checkChoice("compare: table", name, tableNames);
  return name === "runs" ? runColumns(compared) : curveColumns(compared);
}

/** What each row begins with: the group, the options in which groups differ, and the run. `at` are a row's group and run. */
function leading(at: readonly (readonly [Compared["groups"][number], RunRecord])[]): Column[] {
  const options = Object.keys(at[0]?.[0].differs ?? {});
  return [
    { name: "group", kind: "text", values: at.map(([{ name }]) => name) },
    ...options.map((option) => optionColumn(option, at.map(([{ differs }]) => differs[option]))), // biome-ignore format: one line
    { name: "seed", kind: "whole", values: at.map(([, { seed }]) => seed) },
    { name: "run", kind: "text", values: at.map(([, { name }]) => name) },
  ];
}

/** An option's values as they are typed; numbers where all are. */
function optionColumn(name: string, texts: readonly (string | undefined)[]): Column {
  const isNumber = texts.every((text) => text !== undefined && text.trim() !== "" && String(Number(text)) === text);
  return isNumber ? { name, kind: "number", values: texts.map(Number) } : { name, kind: "text", values: texts };
}

function runColumns({ metrics, split, readout, groups }: Compared): Column[] {
  const at = groups.flatMap((group) => group.runs.map((run) => [group, run] as const));
  const isSampled = groups.some(({ sampled }) => sampled);
  const scores: readonly (readonly [prefix: string, of: (run: RunRecord) => Figures])[] = [
    ...(split === "test" ? [["test", (run: RunRecord) => run.test![readout]] as const] : []),
    ...(isSampled ? [["test_sampled", (run: RunRecord) => run.test!.stochastic] as const] : []),
    ["valid", (run) => run.valid],
  ];
  return [
    ...leading(at),
    { name: "epochs", kind: "whole", values: at.map(([, { epochs }]) => epochs) },
    { name: "selected_epoch", kind: "whole", values: at.map(([, { epoch }]) => epoch) },
    ...scores.flatMap(([prefix, of]) =>
      metrics.map(
        ({ name }): Column => ({
          ...{ name: `${prefix}_${name}`, kind: "number" },
          values: at.map(([, run]) => of(run)[name]),
        }),
      ),
    ),
  ];
}

/** Whole numbers of a validation. */
const counts = ["epoch", "step"];

/**
 * The numbers of metrics.jsonl under the names that pandas' json_normalize gives them, such as valid.deterministic.error. A run that lacks one, as the
 * share of open gates of another layer, has no value there. Throws UserError for a run whose validations aren't known.
 */
function curveColumns({ groups }: Compared): Column[] {
  const at = groups.flatMap((group) =>
    group.runs.flatMap((run) => {
      if (!run.history) throw new UserError(`compare: the validations of ${run.name} must be known: give its run folder, or all that train gave`); // biome-ignore format: one line
      return run.history.map((line) => [group, run, new Map(numbersIn(line))] as const);
    }),
  );
  const names = [...new Set(at.flatMap(([, , numbers]) => [...numbers.keys()]))];
  return [
    ...leading(at.map(([group, run]) => [group, run])),
    ...names.map(
      (name): Column => ({
        ...{ name, kind: counts.includes(name) ? "whole" : "number" },
        values: at.map(([, , numbers]) => numbers.get(name)),
      }),
    ),
  ];
}
