import { extname, join } from "node:path";
import { MOST_THREADS } from "../../backends/engine/engine.ts";
import { backendNames, startBackend } from "../../backends/select.ts";
import type { Dataset } from "../../data/index.ts";
import { UserError } from "../../errors.ts";
import { type Generated, generate } from "../../generate/generate.ts";
import { withSteps } from "../../generate/with-steps.ts";
import type { NdArray } from "../../graph/index.ts";
import type { Draws } from "../../models/head.ts";
import { numberOrText } from "../../options/text.ts";
import { strokePng, strokeSheet } from "../../plots/index.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { writeAtomically } from "../../runs/index.ts";
import { charactersIn, firstRows, sectionsOf, textsOf, usualSteps } from "../generated.ts";
import { interruptible, STOPPED, type Terminal } from "../terminal.ts";
import { trainedRun } from "../trained.ts";

export interface GenerateFlags {
  readonly count?: string;
  readonly steps?: string;
  readonly seed?: string;
  readonly bias?: string;
  readonly temperature?: string;
  readonly start?: string;
  readonly out?: string;
  readonly backend?: string;
  readonly threads?: string;
}

/** What each kind of sequence can be written as, the usual one first. */
const endings: Readonly<Record<Draws["what"], readonly string[]>> = {
  strokes: [".svg", ".png"],
  classes: [".txt"],
  values: [".txt"],
};

/** Draws sequences from a trained network: strokes beside those of the test set as a picture, classes and values as text. */
export async function generateCommand(folder: string, flags: GenerateFlags, terminal: Terminal): Promise<number> {
  const { threads = 1, ...asked } = numbersIn(flags);
  const machine = flags.backend ?? "auto";
  checkChoice("generate: --backend", machine, backendNames);
  const { data, model, snapshot } = await trainedRun("generate", folder);
  const what = model.head.draws?.what;
  if (!what)
    throw new UserError(
      `generate: ${folder} must hold a network whose head is step-classes or mixture, its head is ${model.head.kind}`,
    );
  const out = fileFor(what, flags.out, folder);
  const { count = what === "strokes" ? 12 : 1, seed, bias, temperature } = asked;
  const start = startFor(what, flags.start, data, count);
  const steps = asked.steps ?? usualSteps(data, model.inputShape[0]!);
  const longer = model.stepwise ? model : withSteps(model, steps + (start ? start.shape.at(-2)! - 1 : 0));
  const on = await startBackend(machine, { threads });
  try {
    const drawn = await interruptible(
      terminal,
      () => terminal.err.write("stopping\n"),
      (signal) =>
        generate(longer, snapshot.best.params, { seed, bias, temperature, count, steps, start, backend: on, signal }),
    );
    await write(drawn, { out, data, start, name: model.name, terminal });
    return 0;
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
    terminal.err.write("heaviside: stopped, nothing was written\n");
    return STOPPED;
  } finally {
    await on.close();
  }
}

/** The flags that are numbers; what they may be is checked where they are used. */
function numbersIn(flags: GenerateFlags) {
  const given = (name: "count" | "steps" | "seed" | "bias" | "temperature" | "threads"): number | undefined =>
    flags[name] === undefined ? undefined : (numberOrText(flags[name]) as number);
  const [count, steps, threads] = [given("count"), given("steps"), given("threads")];
  for (const [name, value] of Object.entries({ count, steps }))
    if (value !== undefined) checkNumber(`generate: --${name}`, value, { whole: true, atLeast: 1 });
  if (threads !== undefined)
    checkNumber("generate: --threads", threads, { whole: true, atLeast: 1, atMost: MOST_THREADS });
  return { count, steps, threads, seed: given("seed"), bias: given("bias"), temperature: given("temperature") };
}

/** The file to write; none where a text is to be printed. Throws UserError for an ending that the kind of sequence doesn't have. */
function fileFor(what: Draws["what"], out: string | undefined, folder: string): string | undefined {
  const allowed = endings[what];
  if (out === undefined) return what === "strokes" ? join(folder, `generated${allowed[0]}`) : undefined;
  if (!allowed.includes(extname(out)))
    throw new UserError(`generate: --out must end in ${allowed.join(" or ")} for ${what}, received ${out}`);
  return out;
}

/** What the network reads first: nothing but zeros for strokes, else what is given or how the test set's sequences begin. */
function startFor(what: Draws["what"], text: string | undefined, data: Dataset, count: number): NdArray | undefined {
  if (text !== undefined && (what !== "classes" || text === ""))
    throw new UserError(
      what === "classes"
        ? 'generate: --start must be at least one character, received ""'
        : `generate: --start must be omitted, ${what} begin with nothing, received ${text}`,
    );
  if (what === "strokes") return undefined;
  return text === undefined ? firstRows(data, count) : charactersIn(text, data);
}

interface Writing {
  readonly out: string | undefined;
  readonly data: Dataset;
  readonly start: NdArray | undefined;
  readonly name: string;
  readonly terminal: Terminal;
}

async function write(drawn: Generated, { out, data, start, name, terminal }: Writing): Promise<void> {
  if (drawn.what === "strokes") {
    const sections = sectionsOf(drawn, data);
    const options = { title: `Generated by ${name}, trained on ${data.name}; below them drawings of the test set` };
    await writeAtomically(
      out!,
      out!.endsWith(".png") ? await strokePng(sections, options) : strokeSheet(sections, options),
    );
    terminal.out.write(`${drawn.rows.shape[0]} generated drawings, and as many of the test set below them: ${out}\n`);
    return;
  }
  const text = `${textsOf(drawn, start, data).join("\n\n")}\n`;
  if (out === undefined) terminal.out.write(text);
  else {
    await writeAtomically(out, text);
    terminal.out.write(`generated text: ${out}\n`);
  }
}
