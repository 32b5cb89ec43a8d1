import { UserError } from "../../../src/errors.ts";
import type { Contest, Subject, SubjectOptions } from "../subject.ts";
import { layer } from "./layer.ts";
import { paper } from "./paper.ts";
import { products } from "./products.ts";
import { scaling } from "./scaling.ts";
import { shares, wholeNumbers } from "./sizes.ts";
import { update } from "./update.ts";

/** A question about conditional computation. */
type Part = (options: SubjectOptions, say: (line: string) => void) => AsyncGenerator<Contest>;

const parts: Readonly<Record<string, Part>> = { layer, products, update, paper, scaling };

/** What is measured where no part is named: what is quick, and of a layer of other sizes that layer alone. */
function usualParts({ lists = {} }: SubjectOptions): readonly string[] {
  return Object.keys(lists).length > 0 ? ["layer"] : ["layer", "products", "update", "paper"];
}

/** What skipping closed blocks is worth. */
export const conditional: Subject = {
  example: "conditional layer --batch 256 --input 1024 --blocks 64 --width 64 --output 1024 --density 0.1,0.05 --peers",
  about: `a layer of gated blocks that skips the closed ones, beside its dense form (layer); where its time goes (products); updates
      of open blocks alone (update); the network of Bengio et al. 2013 in training (paper); over sizes (scaling)`,
  usual: { sizes: [], backends: ["native", "wasm"], threads: [1, 2], seconds: 0.3, peers: false },
  lists: {
    batch: wholeNumbers,
    input: wholeNumbers,
    blocks: wholeNumbers,
    width: wholeNumbers,
    output: wholeNumbers,
    density: shares,
  },
  async *contests(options, say) {
    const names = options.sizes.length > 0 ? options.sizes : usualParts(options);
    for (const name of names)
      if (!Object.hasOwn(parts, name))
        throw new UserError(`conditional measures ${Object.keys(parts).join(", ")}; received ${name}`);
    for (const name of names) yield* parts[name]!(options, say);
  },
};
