import { count, jsonLine } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { explore } from "../../explore/explore.ts";
import { readTable } from "../../explore/read.ts";
import { explorationText } from "../../explore/text.ts";
import { checkChoice } from "../../rules.ts";
import { progressLine } from "../progress.ts";
import { interruptible, roomFor, STOPPED, styleFor, type Terminal } from "../terminal.ts";

export interface ExploreFlags {
  readonly target?: string;
  readonly as?: string;
  readonly omit?: string;
  readonly sample?: string;
  readonly folds?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Looks at a table or at images before modelling: what to mend, what each column holds, and what simple models reach. */
export async function exploreCommand(file: string, flags: ExploreFlags, terminal: Terminal): Promise<number> {
  const { as, out, json } = flags;
  if (out !== undefined && !/\.html?$/i.test(out))
    throw new UserError(`explore: --out must end in .html, received ${out}`);
  if (as !== undefined) checkChoice("explore: --as", as, ["values", "classes"] as const);
  if (as !== undefined && flags.target === undefined)
    throw new UserError(`explore: --as says how a target is taken, received ${as} without --target`);
  const progress = progressLine(terminal.err, terminal.env);
  return interruptible(
    terminal,
    () => {},
    async (signal) => {
      const begun = performance.now();
      const onBytes = (done: number, total: number): void => {
        const left = (((performance.now() - begun) / 1000) * (total - done)) / done;
        progress.update(`reading ${count(done / 2 ** 20)} of ${count(total / 2 ** 20)} MiB`, `${count(left)} s left`);
        signal.throwIfAborted();
      };
      const table = await readTable(file, { omit: flags.omit?.split(","), onBytes });
      progress.clear();
      const { exploration } = explore(table, { target: flags.target, as });
      const { bold } = styleFor(terminal.out, terminal.env);
      const columns = roomFor(terminal.out, false);
      terminal.out.write(json ? `${jsonLine(exploration)}\n` : `${explorationText(exploration, { columns, bold })}\n`);
      return 0;
    },
  ).catch((error) => {
    if (error instanceof Error && error.name === "AbortError") return STOPPED;
    throw error;
  });
}
