import { UserError } from "../../../src/errors.ts";
import { Field } from "../../field.ts";
import type { Conditional } from "../../workloads/conditional.ts";
import { positiveInteger } from "../../workloads/sizes.ts";
import type { Contest, ReadList, Subject, SubjectOptions } from "../subject.ts";
import { layerEntries } from "./field.ts";
import { layerContest } from "./layer.ts";

const wholeNumbers: ReadList = (option, text) => {
  const values = text.split(",").map(positiveInteger);
  if (values.includes(0)) throw new UserError(`${option} takes positive integers such as 8,64; received ${text}`);
  return values;
};

const shares: ReadList = (option, text) => {
  const values = text.split(",").map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
  if (!values.every((value) => value > 0 && value <= 1))
    throw new UserError(`${option} takes shares above 0, at most 1, such as 0.1,0.05; received ${text}`);
  return values;
};

/** What is measured where nothing else is said: densities at which skipping must win, and those at which it must not lose. */
const usualSizes: Readonly<Record<string, readonly number[]>> = {
  batch: [256],
  input: [1024],
  blocks: [64],
  width: [64],
  output: [1024],
  density: [0.1, 0.05, 0.02, 0.5, 0.8, 1],
};

/** Every combination of the sizes. Throws UserError for arrays beyond 512 MB. */
export function layerTasks(lists: SubjectOptions["lists"] = {}): Conditional[] {
  const named = Object.entries({ ...usualSizes, ...lists });
  const combinations = named.reduce<Record<string, number>[]>(
    (all, [name, values]) => all.flatMap((task) => values.map((value) => ({ ...task, [name]: value }))),
    [{}],
  );
  return combinations.map((sizes) => {
    const { batch, input, blocks, width, output } = sizes as Omit<Conditional, "kind">;
    const widest = Math.max(input, output);
    if (Math.max(blocks * width * widest, batch * widest, batch * blocks * width) > 2 ** 27)
      throw new UserError(
        `conditional: an array has at most 134217728 elements (512 MB); received ${input}-${blocks}x${width}-${output} batch ${batch}`,
      );
    return { kind: "conditional", ...(sizes as Omit<Conditional, "kind">) };
  });
}

async function* layer({ seconds, lists, ...options }: SubjectOptions, say: (line: string) => void) {
  const tasks = layerTasks(lists);
  const field = new Field();
  try {
    await field.start(layerEntries(options), say);
    for (const task of tasks) {
      yield await layerContest(field, task, seconds, "layer", say);
      for (const { process } of field.contestants) await process.request("close", {});
    }
  } finally {
    await field.stop();
  }
}

type Part = (options: SubjectOptions, say: (line: string) => void) => AsyncGenerator<Contest>;

const parts: Readonly<Record<string, Part>> = { layer };

/** What skipping closed blocks is worth. */
export const conditional: Subject = {
  example: "conditional layer --batch 256 --input 1024 --blocks 64 --width 64 --output 1024 --density 0.1,0.05 --peers",
  about: "a layer of gated blocks, skipping the closed ones, beside the same layer evaluated densely",
  usual: { sizes: ["layer"], backends: ["native", "wasm"], threads: [1, 2], seconds: 0.3, peers: false },
  lists: {
    batch: wholeNumbers,
    input: wholeNumbers,
    blocks: wholeNumbers,
    width: wholeNumbers,
    output: wholeNumbers,
    density: shares,
  },
  async *contests(options, say) {
    for (const name of options.sizes)
      if (!Object.hasOwn(parts, name))
        throw new UserError(`conditional measures ${Object.keys(parts).join(", ")}; received ${name}`);
    for (const name of options.sizes) yield* parts[name]!(options, say);
  },
};
