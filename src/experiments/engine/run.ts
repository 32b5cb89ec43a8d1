import { join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import { MOST_THREADS } from "../../backends/engine/engine.ts";
import { type BackendName, backendNames, startBackend } from "../../backends/select.ts";
import { flagName } from "../../config/flags.ts";
import { clock, jsonLine, wrap } from "../../describe/format.ts";
import { printable, shellWord } from "../../describe/shell.ts";
import { UserError } from "../../errors.ts";
import { made } from "../../report/made.ts";
import {
  checkpointIn,
  clearUnfinished,
  ensureFolder,
  files,
  lastCheckpoint,
  removeFile,
  writeAtomically,
} from "../../runs/index.ts";
import { Interrupted, train } from "../../train/index.ts";
import type { Experiment, Store, Study } from "../experiment.ts";
import { figureFiles, RASTERISER } from "./figure.ts";
import {
  FIGURES,
  LATEX,
  openFolder,
  PARTIAL,
  PICTURE,
  PICTURE_PDF,
  PICTURE_PNG,
  REPORT,
  RESULTS,
  type StudyFolder,
  TABLES,
} from "./folder.ts";
import { choice, folder, number, type Options, places, type Typed, toggle, valuesOf } from "./options.ts";
import { recordFile } from "./records.ts";
import { bar, type Screen } from "./screen.ts";
import { type Keeping, runTasks, type TaskPlace, type TaskProgress } from "./tasks.ts";

/** Every option of an experiment: its own, and those that all have. */
export const optionsOf = (experiment: Pick<Experiment, "name" | "options" | "threads" | "folders">): Options => ({
  ...experiment.options,
  ...commonOptions(experiment),
});

const commonOptions = ({ name, threads, folders }: Pick<Experiment, "name" | "threads" | "folders">) => ({
  backend: choice("where it runs; see heaviside backends", backendNames, "auto"),
  threads:
    threads === undefined
      ? number("threads to run on (default: one a processor)", threadRule)
      : number("threads to run on", threadRule, threads),
  out: {
    ...folder(
      folders === "one" ? "folder, where the same command resumes" : "folder, with a numbered one in it for each run",
    ),
    usual: `runs/${name}`,
    read: String,
  },
  wide: toggle("print all columns of the tables"),
  json: toggle("print the results as one JSON object"),
});

const threadRule = { whole: true, atLeast: 1, atMost: MOST_THREADS } as const;

/**
 * Runs an experiment: tasks whose records its folder has are not done again, and it can be stopped at any time and given again. Leaves
 * results.json and report.html, and shows the results.
 * @param typed its options and the common ones, as they were typed
 * @returns whether it came to its end; false: it was stopped, and said so
 * @throws UserError for what it was given, before anything is read, and for data or a folder that aren't as they must be
 */
export async function runExperiment<O extends Options, S, D, R extends object, T>(
  experiment: Experiment<O, S, D, R, T>,
  typed: Typed,
  screen: Screen,
): Promise<boolean> {
  const { name, folders } = experiment;
  const given = valuesOf(name, experiment.options, typed);
  const { backend, threads, out, json, wide } = valuesOf(name, commonOptions(experiment), typed);
  const settings = experiment.settings({ ...given, backend, threads });
  await experiment.reach?.(settings);
  const start = (which: BackendName): Promise<Backend> => startBackend(which, threads === undefined ? {} : { threads });
  const on = await start(backend);
  try {
    const plan = { experiment: name, ...experiment.identity(settings), backend: on.info().name };
    const part = experiment.part?.(settings);
    const path = part === undefined ? out : join(out, part);
    const onWait = part === undefined ? undefined : (why: string): void => screen.line(wrap(why, screen.columns));
    const kind = experiment.command?.split(" ", 1)[0] ?? "experiment";
    const isExtended = experiment.extends && ((before: object): boolean => experiment.extends!(before, plan));
    const place = await openFolder(name, { path, numbered: folders === "numbered", plan, onWait, kind, isExtended });
    try {
      const command = commandOf(experiment, typed);
      return await new Running(experiment, { settings, on, place, start, screen, command, json, wide }).run();
    } finally {
      await place.release();
    }
  } finally {
    await on.close();
  }
}

/** What makes the same results again, on the same data: folders and servers are other ones elsewhere. */
function commandOf({ name, command, options }: Pick<Experiment, "name" | "command" | "options">, typed: Typed): string {
  const words = Object.entries(options).flatMap(([option, { value: placeholder }]) => {
    const value = typed[option];
    if (value === undefined || value === false || places.includes(placeholder)) return [];
    return value === true ? [flagName(option)] : [flagName(option), shellWord(String(value))];
  });
  return ["npx heaviside", command ?? `experiment ${name}`, ...words].join(" ");
}

interface Place<S> {
  readonly settings: S;
  readonly on: Backend;
  readonly place: StudyFolder;
  readonly start: (name: BackendName) => Promise<Backend>;
  readonly screen: Screen;
  readonly command: string;
  readonly json: boolean;
  /** Whether tables have all of their columns. */
  readonly wide: boolean;
}

class Running<O extends Options, S, D, R extends object, T> {
  readonly #experiment: Experiment<O, S, D, R, T>;
  readonly #at: Place<S>;
  /** The task that is being done. */
  #task: TaskPlace | undefined;
  /** What the tasks work with, once there are records to keep. */
  #begun: { readonly data: D; readonly done: Map<string, R> } | undefined;

  constructor(experiment: Experiment<O, S, D, R, T>, at: Place<S>) {
    this.#experiment = experiment;
    this.#at = at;
  }

  async run(): Promise<boolean> {
    const { screen } = this.#at;
    try {
      await screen.stoppable(
        () => screen.line("stopping after this step; Ctrl-C again ends at once"),
        (signal) => this.#work(AbortSignal.any([signal, this.#at.place.lost])),
      );
      return true;
    } catch (error) {
      this.#at.place.lost.throwIfAborted();
      if (!isStop(error)) throw error;
      const title = this.#task?.title;
      const where =
        title === undefined ? "" : ` in ${error instanceof Interrupted ? `epoch ${error.epoch} of ` : ""}${title}`;
      await this.#showPartial();
      const records = this.#begun ? ` (records: ${this.#at.place.path})` : "";
      screen.complain(`stopped${where}; the same command resumes it${records}`);
      return false;
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { settings, place, screen } = this.#at;
    const experiment = this.#experiment;
    screen.update("reading data");
    const data = await experiment.prepare(settings, place.path);
    signal.throwIfAborted();
    await place.begin();
    const { known, append } = await recordFile<R>(place.path, experiment.misfit?.(settings));
    const done = new Map<string, R>();
    this.#begun = { data, done };
    const study = this.#studyOf(this.#begun, signal);
    this.#open(study);
    const keeping: Keeping<R> = {
      ...{ known, done, signal },
      onProgress: (at) => this.#show(at),
      onRecord: async (id, record, { title, task, tasks }) => {
        await place.check();
        await append(id, record);
        const said = experiment.said?.(record, screen);
        if (said !== undefined) screen.line(wrap(`${task}/${tasks} ${title}: ${said}`, screen.columns));
      },
    };
    const onTask = (task: TaskPlace): void => {
      this.#task = task;
    };
    const tasks = experiment.tasks(study);
    const records = "run" in tasks ? await tasks.run(keeping) : await runTasks(tasks, done, { ...keeping, onTask });
    this.#task = undefined;
    await this.#keep(await experiment.results(records, study));
  }

  #studyOf({ data, done }: { readonly data: D; readonly done: Map<string, R> }, signal: AbortSignal): Study<S, D, R> {
    const { settings, on, place, screen, start } = this.#at;
    return {
      ...{ settings, data, backend: on, signal, done, start },
      train: async (name, model, data, options) => {
        const runFolder = join(place.path, folderName(name));
        const onWarning = ({ message }: { readonly message: string }) => screen.line(`warning: ${message}`);
        const resume = await checkpointIn(runFolder);
        const trained = await train(model, data, { ...options, backend: on, signal, runFolder, resume, onWarning });
        return trained;
      },
      folderOf: (name) => join(place.path, name),
      say: (text) => screen.line(wrap(text, screen.columns)),
      store: (name) => storeIn(join(place.path, folderName(name))),
    };
  }

  /** The table and the page of the tasks that have ended before a stop, where the experiment can show them. */
  async #showPartial(): Promise<void> {
    const { on, place, screen, wide } = this.#at;
    const experiment = this.#experiment;
    if (!experiment.partial || !this.#begun || this.#begun.done.size === 0) return;
    // What has ended is read again, which the stop must not stop.
    const study = this.#studyOf(this.#begun, new AbortController().signal);
    const ended = `${study.done.size} of ${experiment.tasks(study).length}`;
    const results = await experiment.partial(study);
    const report = join(place.path, PARTIAL);
    await writeAtomically(report, await experiment.page(results, [["ended", ended], ...made(on)]));
    screen.line(`\n${experiment.text(results, screen, wide ? Number.POSITIVE_INFINITY : screen.columns)}\n`);
    screen.line(`report of what has ended, ${ended}: ${screen.bold(report)}`);
  }

  /** What is compared, and where. */
  #open(study: Study<S, D, R>): void {
    const { screen, place, on, settings } = this.#at;
    const { name, instructionSet, threads } = on.info();
    const said = [
      ...this.#experiment.heading(study),
      `${name} (${instructionSet}, ${threads} ${threads === 1 ? "thread" : "threads"})`,
      ...(place.resumed ? [`resuming ${place.path}`] : []),
    ];
    screen.line(screen.bold(printable(this.#experiment.title)));
    screen.line(wrap(said.join("; "), screen.columns));
    const opening = this.#experiment.opening?.(study, screen.columns);
    if (opening !== undefined) screen.line(`\n${opening}\n`);
    const note = this.#experiment.note?.(settings);
    if (note !== undefined) screen.line(wrap(note, screen.columns));
  }

  #show({ task, tasks, title, words, rows = [], secondsLeft, workPerSecond, share }: TaskProgress): void {
    const pace = this.#experiment.pace?.(workPerSecond);
    this.#at.screen.updateBelow(
      rows.map(printable),
      `${bar(share)} ${clock(secondsLeft)} left`,
      `${task}/${tasks} ${title}`,
      ...words.map(printable),
      ...(pace === undefined ? [] : [pace]),
    );
  }

  async #keep(results: T): Promise<void> {
    const { on, place, screen, command, json, wide } = this.#at;
    const experiment = this.#experiment;
    await place.check();
    const about = made(on);
    const text = jsonLine({ command, ...experiment.json(results), made: Object.fromEntries(about) });
    const page = await experiment.page(results, about);
    const report = join(place.path, REPORT);
    await writeAtomically(join(place.path, RESULTS), `${text}\n`);
    const svg = await experiment.svg?.(results);
    const drawn = svg === undefined ? undefined : await figureFiles(svg);
    const further = [
      [TABLES, experiment.markdown?.(results)],
      [FIGURES, experiment.csv?.(results)],
      [LATEX, experiment.latex?.(results)],
      [PICTURE, svg],
    ] as const;
    for (const [file, text] of further)
      if (text !== undefined) await writeAtomically(join(place.path, file), `${text}\n`);
    if (drawn) await writeAtomically(join(place.path, PICTURE_PDF), drawn.pdf);
    if (drawn?.png) await writeAtomically(join(place.path, PICTURE_PNG), drawn.png);
    else if (drawn)
      screen.line(
        wrap(`no ${PICTURE_PNG}: it needs the package ${RASTERISER}, see npm install ${RASTERISER}`, screen.columns),
      );
    await writeAtomically(report, page);
    await removeFile(join(place.path, PARTIAL));
    screen.line(`\n${experiment.text(results, screen, wide ? Number.POSITIVE_INFINITY : screen.columns)}\n`);
    screen.line(`${experiment.pictures}: ${screen.bold(report)}`);
    const next = experiment.next?.(results) ?? [];
    if (next.length > 0)
      screen.line(`\n${next.map((text) => (text.startsWith(" ") ? text : wrap(text, screen.columns))).join("\n")}`);
    if (json) screen.result(text);
    const failure = experiment.failure?.(results);
    if (failure !== undefined) throw new UserError(`${experiment.name}: ${failure}`);
  }
}

/** Whether an error says that the study was stopped. */
const isStop = (error: unknown): boolean =>
  error instanceof Error && ["AbortError", "Interrupted", "Stopped"].includes(error.name);

/** A name as that of a folder: arms:samples=4 → arms-samples-4, × σ′ → times-slope. */
const folderName = (name: string): string =>
  name
    .replaceAll("×", "times")
    .replaceAll("σ′", "slope")
    .replaceAll(/[^a-z0-9.]+/gi, "-");

/** The file of a folder that has the name of a checkpoint. */
function storeIn(path: string): Store {
  const name = join(path, files.checkpoint);
  return {
    name,
    async load() {
      await clearUnfinished(path);
      return lastCheckpoint(path);
    },
    async save(checkpoint) {
      await ensureFolder(path);
      await writeAtomically(name, checkpoint);
    },
  };
}
