import { join, resolve } from "node:path";
import { UserError } from "../../../errors.ts";
import { checkNumber, show } from "../../../rules.ts";
import { ensureFolder, readText, writeAtomically } from "../../../runs/index.ts";
import { readSweep, trialsIn } from "../plan.ts";
import { compose } from "./compose.ts";
import { kubernetes } from "./kubernetes.ts";
import { kubernetesRedis } from "./kubernetes-redis.ts";
import { labelOf, pathFrom } from "./quoting.ts";
import { slurm } from "./slurm.ts";
import type { JobSettings, JobTarget } from "./target.ts";

/** The kinds of cluster. Adding one means adding a line here. */
export const targets = {
  slurm,
  kubernetes,
  "kubernetes-redis": kubernetesRedis,
  compose,
} as const satisfies { readonly [name: string]: JobTarget };

export type TargetName = keyof typeof targets;

/** What is asked of the files. */
export interface JobOptions {
  readonly target: TargetName;
  /** The folder for the files. */
  readonly to: string;
  /** The folder for the results; undefined: runs/NAME, or on the cluster's volume. */
  readonly out: string | undefined;
  readonly shards: number | undefined;
  readonly workers: number | undefined;
  readonly cpus: number;
  readonly image: string | undefined;
}

const [SHARDS, WORKERS] = [8, 4];

/**
 * Writes the files that run a sweep on a cluster. A file that is there with other contents is left alone.
 * @param path the sweep's file
 * @returns the paths that were written, and the commands that use them
 * @throws UserError for options that don't go together, and, before anything is written, for a file that is there
 */
export async function writeJobs(
  path: string,
  options: JobOptions,
): Promise<{ readonly written: readonly string[]; readonly commands: readonly string[] }> {
  const settings = await settingsOf(path, options);
  const target: JobTarget = targets[options.target];
  const files = Object.entries(target.files(settings)).map(([name, text]) => [join(options.to, name), text] as const);
  const fresh: (readonly [path: string, text: string])[] = [];
  for (const [at, text] of files) {
    const before = await readText(at);
    if (before === undefined) fresh.push([at, text]);
    else if (before !== text)
      throw new UserError(
        `sweep jobs: ${at} is there with other contents: delete it, or give another folder with --to`,
      );
  }
  await ensureFolder(options.to);
  for (const [at, text] of fresh) await writeAtomically(at, text);
  return { written: fresh.map(([at]) => at), commands: target.commands(settings) };
}

async function settingsOf(path: string, options: JobOptions): Promise<JobSettings> {
  const { target: name, to, out, shards, workers, cpus, image } = options;
  const subject = "sweep jobs";
  const plan = await readSweep(path);
  const { title, queued, contained, volume } = targets[name];
  const only = (flag: string, value: unknown, isFor: boolean, why: string): void => {
    if (value !== undefined && !isFor)
      throw new UserError(`${subject}: ${flag} doesn't go with --for ${name}, which is ${title}: ${why}`);
  };
  only("--shards", shards, !queued, "give --workers");
  only("--workers", workers, queued, "give --shards");
  only("--image", image, contained, "it runs no containers");
  only("--out", out, !volume, "results lie on its volume");
  if (!queued && plan.halving)
    throw new UserError(
      `${subject}: halving compares all trials, which shards can't: give --for kubernetes-redis or compose, or a file without halving`,
    );
  const trials = trialsIn(plan);
  const parts = shards ?? Math.min(SHARDS, trials);
  checkNumber(`${subject}: --shards`, parts, { whole: true, atLeast: 1, atMost: trials });
  const project = process.cwd();
  const file = pathFrom(project, resolve(path));
  if (contained && !file.startsWith("./"))
    throw new UserError(
      `${subject}: ${path} must lie in the folder of the image, ${project}: give the command in the project's folder`,
    );
  if (contained && /[$*?[\\]/.test(file))
    throw new UserError(`${subject}: the path of an image's file must have none of $ * ? [ \\, received ${show(file)}`);
  const label = labelOf(plan.name);
  return {
    ...{ plan, label, project, file, to, shards: parts, workers: workers ?? WORKERS, cpus },
    out: out ?? `runs/${plan.name}`,
    image: imageOf(`${subject}: --image`, image ?? `heaviside-${label}`),
  };
}

/** Throws UserError for what Docker takes for no image's name. */
function imageOf(subject: string, text: string): string {
  if (/^[a-z0-9][\w./:@-]*$/.test(text)) return text;
  throw new UserError(`${subject} must be an image such as registry.example.org/rates:1, received ${show(text)}`);
}
