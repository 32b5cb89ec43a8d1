// docs/gallery.md is made of the blocks of a report, and of pictures that short trainings leave. node --conditions=@heaviside/source --import tsx
// scripts/gallery.ts [--write] prints or writes the page; a test holds it to the blocks. With --pictures it trains, which takes a minute, and
// draws docs/pictures/gallery-*.svg anew.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blocks } from "../src/report/blocks/index.ts";
import { pictureOf } from "./html-picture.ts";

/** The trainings of the page: their folder below runs/, and the command. */
const runs = {
  digits: "train --limit 2000 --epochs 5 --hidden 100 --estimator disarm",
  gates: "train --limit 3000 --epochs 5 --model gated-mlp --blocks 40 --width 10 --gater dense:hidden=50 --open 0.2",
  spikes: "train --limit 2000 --epochs 3 --model recurrent --cell lif --units 64",
  images: "train --limit 2000 --epochs 2 --model conv",
  mass: "train --data penguins.csv --target body_mass_g --estimator sigmoid",
  seeds: "experiment few-digits.json",
} as const;

/** The experiment whose curves have bands. */
const EXPERIMENT = {
  question: "Which estimator learns faster from few digits?",
  base: { limit: 1000, epochs: 6, hidden: "50" },
  varies: { estimator: ["straight-through-slope", "disarm"] },
  seeds: 3,
};

/** The run that each block's picture is of. */
export const shownOf: Readonly<Record<string, keyof typeof runs>> = {
  results: "digits",
  curves: "seeds",
  firing: "digits",
  rasters: "spikes",
  "gates-by-class": "gates",
  confusion: "digits",
  calibration: "digits",
  predicted: "mass",
  mistakes: "digits",
  weights: "digits",
  "feature-maps": "images",
  "gradient-noise": "digits",
  cost: "gates",
  method: "digits",
};

const pictures = new URL("../docs/pictures/", import.meta.url);
const fileOf = (name: string): string => `gallery-${name}.svg`;

/** What a picture says in its title, as text of Markdown. */
function titleOf(name: string): string {
  const svg = readFileSync(new URL(fileOf(name), pictures), "utf8");
  const [, title = ""] = /<title>([^<]*)<\/title>/.exec(svg) ?? [];
  return title.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))).replaceAll(/[[\]]/g, "");
}

const commandOf = (run: keyof typeof runs): string =>
  run === "seeds" ? `npx heaviside ${runs.seeds}` : `npx heaviside ${runs[run]} --out runs/${run}`;

/** docs/gallery.md */
export function page(): string {
  const sections = blocks.map(({ name, title, reads }) => {
    const run = shownOf[name]!;
    const again = run === "seeds" ? `npx heaviside ${runs.seeds}` : `npx heaviside report runs/${run}`;
    return [
      `## ${title}`,
      `![${titleOf(name)}](pictures/${fileOf(name)})`,
      reads,
      `Drawn by \`${again}\`. Source: [\`${name}.ts\`](../src/report/blocks/${name}.ts).`,
    ].join("\n\n");
  });
  return `${[
    "# Gallery: what a report shows",
    "Each training leaves `report.html` in its run folder, and `npx heaviside report RUN` draws it again. The page is a list of blocks. A block shows one thing, and is omitted where a run has nothing of it.",
    "The pictures are of these short trainings on MNIST and on `notebooks/penguins.csv`, which show the blocks and are no findings:",
    `\`\`\`sh\n${(Object.keys(runs) as (keyof typeof runs)[]).map(commandOf).join("\n")}\n\`\`\``,
    `\`few-digits.json\` is:\n\n\`\`\`json\n${JSON.stringify(EXPERIMENT, null, 2)}\n\`\`\``,
    ...sections,
    "Generated from the blocks in `src/report/blocks/`: `node --conditions=@heaviside/source --import tsx scripts/gallery.ts --write`. With `--pictures` it trains, and draws the pictures anew.",
  ].join("\n\n")}\n`;
}

/** Trains, and writes the picture of each block. */
function draw(): void {
  const folder = mkdtempSync(join(tmpdir(), "heaviside-gallery-"));
  const command = fileURLToPath(new URL("../bin/heaviside.js", import.meta.url));
  writeFileSync(join(folder, "few-digits.json"), JSON.stringify(EXPERIMENT));
  copyFileSync(new URL("../notebooks/penguins.csv", import.meta.url), join(folder, "penguins.csv"));
  try {
    for (const [run, words] of Object.entries(runs))
      execFileSync(process.execPath, [command, ...words.split(" "), "--out", `runs/${run}`], { cwd: folder, stdio: "inherit" }); // biome-ignore format: one line
    for (const { name, title } of blocks) {
      const html = readFileSync(join(folder, "runs", shownOf[name]!, "report.html"), "utf8");
      const section = html.split("<h2>").find((part) => part.startsWith(`${title}</h2>`));
      if (section === undefined) throw new Error(`the report of ${shownOf[name]} has no section ${title}`);
      writeFileSync(new URL(fileOf(name), pictures), `${pictureOf(section.slice(title.length + 5), title)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--pictures")) draw();
  if (process.argv.includes("--write")) writeFileSync(new URL("../docs/gallery.md", import.meta.url), page());
  else console.log(page());
}
