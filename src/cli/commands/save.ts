import { basename } from "node:path";
import { count } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { loadModel } from "../../predict/load-model.ts";
import { readModel } from "../../predict/read-model.ts";
import { save } from "../../predict/save.ts";
import { files, writeAtomically } from "../../runs/index.ts";
import type { Terminal } from "../terminal.ts";

/** Writes the network of a run as one file to predict with. */
export async function saveCommand(run: string, file: string, terminal: Terminal): Promise<number> {
  if (!file.endsWith(".safetensors")) throw new UserError(`save: the file must end in .safetensors, received ${file}`);
  if (basename(file) === files.checkpoint)
    throw new UserError(
      `save: ${file} is the name of a run's checkpoint, which a training resumes from: choose another`,
    );
  const { bytes, name } = await readModel(run);
  const saved = save(loadModel(bytes, { name }));
  await writeAtomically(file, saved);
  terminal.out.write(
    `${file}: ${count(saved.length / 1000)} kB; predict with it: npx heaviside predict ${file} EXAMPLES\n`,
  );
  return 0;
}
