import { basename, extname } from "node:path";
import { count } from "../../describe/format.ts";
import { shellWord } from "../../describe/shell.ts";
import { UserError } from "../../errors.ts";
import { encodeMat } from "../../formats/mat.ts";
import { encodeNpz } from "../../formats/npy.ts";
import type { NdArray } from "../../graph/index.ts";
import { toOnnx } from "../../predict/export/to-onnx.ts";
import { toScript } from "../../predict/export/to-script.ts";
import { loadModel } from "../../predict/load-model.ts";
import { decodeModelFile } from "../../predict/model-file.ts";
import { readModel } from "../../predict/read-model.ts";
import { type Saveable, save } from "../../predict/save.ts";
import { files, writeAtomically } from "../../runs/index.ts";
import type { Terminal } from "../terminal.ts";

export interface SaveFlags {
  readonly sample?: boolean;
}

/** The parameters of a network, by their names in a model file. */
const parametersOf = (trained: Saveable): Map<string, NdArray> =>
  new Map([...decodeModelFile(save(trained), "the network").arrays].filter(([name]) => !name.startsWith("programs.")));

/** What is written, by the ending of the file, and a line of how to use it. */
const forms: {
  readonly [ending: string]: {
    write(trained: Saveable, flags: SaveFlags): Uint8Array | string;
    use(file: string): string;
  };
} = {
  ".safetensors": { write: save, use: (file) => `predict with it: npx heaviside predict ${shellWord(file)} EXAMPLES` },
  ".onnx": { write: toOnnx, use: () => "ONNX Runtime predicts with it" },
  ".ts": { write: (trained) => toScript(trained), use: () => "import { predict } from it" },
  ".js": {
    write: (trained) => toScript(trained, { language: "javascript" }),
    use: () => "import { predict } from it",
  },
  ".npz": { write: (trained) => encodeNpz(parametersOf(trained)), use: () => "parameters by name, for numpy" },
  ".mat": {
    write: (trained) => encodeMat(parametersOf(trained)),
    use: () => "parameters by name, for MATLAB and Octave",
  },
};

/** Writes the network of a run as one file to predict with. */
export async function saveCommand(run: string, file: string, flags: SaveFlags, terminal: Terminal): Promise<number> {
  const ending = extname(file);
  const form = forms[ending];
  if (!form) throw new UserError(`save: the file must end in ${Object.keys(forms).join(", ")}, received ${file}`);
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
