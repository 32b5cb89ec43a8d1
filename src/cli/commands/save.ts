import { basename, extname } from "node:path";
import { count } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { toOnnx } from "../../predict/export/to-onnx.ts";
import { toScript } from "../../predict/export/to-script.ts";
import { loadModel } from "../../predict/load-model.ts";
import { readModel } from "../../predict/read-model.ts";
import { type Saveable, save } from "../../predict/save.ts";
import { files, writeAtomically } from "../../runs/index.ts";
import type { Terminal } from "../terminal.ts";

export interface SaveFlags {
  readonly sample?: boolean;
}

/** What is written, by the ending of the file, and a line of how to use it. */
const forms: {
  readonly [ending: string]: {
    write(trained: Saveable, flags: SaveFlags): Uint8Array | string;
    use(file: string): string;
  };
} = {
  ".safetensors": { write: save, use: (file) => `predict with it: npx heaviside predict ${file} EXAMPLES` },
  ".onnx": { write: toOnnx, use: () => "ONNX Runtime predicts with it" },
  ".ts": { write: (trained) => toScript(trained), use: () => "import { predict } from it" },
  ".js": {
    write: (trained) => toScript(trained, { language: "javascript" }),
    use: () => "import { predict } from it",
  },
};

/** Writes the network of a run as one file to predict with. */
export async function saveCommand(run: string, file: string, flags: SaveFlags, terminal: Terminal): Promise<number> {
  const ending = extname(file);
  const form = forms[ending];
  if (!form) throw new UserError(`save: the file must end in .safetensors, .onnx, .ts or .js, received ${file}`);
  if (flags.sample && ending !== ".onnx")
    throw new UserError(`save: --sample is of .onnx files, received ${file}: predict --passes draws samples of a .safetensors file`); // biome-ignore format: one line
  if (basename(file) === files.checkpoint)
    throw new UserError(
      `save: ${file} is the name of a run's checkpoint, which a training resumes from: choose another`,
    );
  const { bytes, name } = await readModel(run);
  const saved = form.write(loadModel(bytes, { name }), flags);
  await writeAtomically(file, saved);
  terminal.out.write(`${file}: ${count(saved.length / 1000)} kB; ${form.use(file)}\n`);
  return 0;
}
