// docs/reference/api/ is made of the doc comments of what the package exports: a page an entry.
// node --conditions=@heaviside/source --import tsx scripts/api.ts [--write] prints or writes it; a test holds it to the sources.
// Markdown and not a site of HTML: it is read beside the other pages, and a change of a comment shows in review.
// Links to sources have no line numbers, so that a page changes only where what it says does.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import {
  type Declaration,
  type Doc,
  docOf,
  type Entry,
  type Exported,
  entries,
  exportedBy,
  functionOf,
  membersOf,
  signatureOf,
} from "./api-exports.ts";

/** What each entry is for. */
const purposes: Readonly<Record<Entry, string>> = {
  heaviside: "What most programs need: data, networks, training, prediction, a backend.",
  "heaviside/engine": "Tensors and their ops, gradients, compiled programs, random keys, optimizers and layers.",
  "heaviside/data": "Data sets by name, from files, arrays and streams, and batches of them.",
  "heaviside/measure": "Bias, variance and cost of estimators on a layer of a network.",
  "heaviside/report": "The page report.html of a training or a measurement, and its charts.",
  "heaviside/inference": "Predictions of a saved model, without the code that plans and trains.",
  "heaviside/testing": "The laws that estimators obey, as tests for an estimator of your own.",
};

/** The folders of src by what they are about, in the order of the pages. The first that a path begins with counts. */
const areas: readonly (readonly [path: string, title: string])[] = [
  ["src/train/", "Training"],
  ["src/models/heads/", "Heads"],
  ["src/models/head.ts", "Heads"],
  ["src/models/stages/", "Stages"],
  ["src/models/stage.ts", "Stages"],
  ["src/models/own-stage.ts", "Stages"],
  ["src/models/", "Networks"],
  ["src/layers/preprocess/", "Networks"],
  ["src/layers/", "Layers"],
  ["src/estimators/", "Estimators"],
  ["src/cells/", "Recurrent cells"],
  ["src/data/", "Data"],
  ["src/tables/", "Data"],
  ["src/formats/", "Data"],
  ["src/predict/", "Prediction"],
  ["src/inference/", "Prediction"],
  ["src/generate/", "Sequences"],
  ["src/describe/", "Looking at a network"],
  ["src/compare/", "Comparison"],
  ["src/measure/", "Measurement"],
  ["src/statistics/", "Statistics"],
  ["src/laws/", "Laws"],
  ["src/plots/", "Charts"],
  ["src/report/", "Reports"],
  ["src/explore/", "Looking at data"],
  ["src/graph/ops/", "Ops"],
  ["src/graph/grad.ts", "Gradients"],
  ["src/graph/", "Tensors and arrays"],
  ["src/compile/", "Compiled programs"],
  ["src/optimizers/", "Optimizers"],
  ["src/random/", "Random keys"],
  ["src/backends/", "Backends"],
  ["src/errors.ts", "Errors"],
];
const areaOf = ({ path }: Exported): string => {
  const area = areas.find(([start]) => path.startsWith(start));
  if (!area) throw new Error(`scripts/api.ts: say in the table of areas what ${path} is about`);
  return area[1];
};

const fileOf = (entry: Entry): string => `${entry.split("/").at(-1)}.md`;
const names = Object.keys(entries) as Entry[];

/** Anchors as GitHub gives them: a second heading of the same name has a number. */
class Anchors {
  readonly #seen = new Map<string, number>();

  of(heading: string): string {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    const before = this.#seen.get(slug) ?? 0;
    this.#seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  }
}

/** A comment's text as Markdown: code that it indents stands between fences. No page runs it. */
function markdown(text: string): string {
  return text.replace(/(^|\n\n)((?: {4}.*(?:\n(?=\n* {4})|$|(?=\n)))+)/g, (_, before: string, code: string) => {
    const lines = code.replace(/\n+$/, "").split("\n");
    return `${before}${fence(lines.map((line) => line.slice(4)).join("\n"))}`;
  });
}
const fence = (code: string): string => `\`\`\`typescript\n${code}\n\`\`\``;

/** What the tags of a comment say. */
function tagLines({ tags }: Doc): string[] {
  const lines = tags.flatMap(({ tag, text }) => {
    const [, name = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
    if (tag === "param") return [`- \`${name}\`: ${inline(rest)}`];
    if (tag === "returns") return [`- returns ${inline(text)}`];
    if (tag === "throws") return [`- throws ${inline(text)}`];
    return [];
  });
  const examples = tags.flatMap(({ tag, text }) => (tag === "example" ? [fence(text)] : []));
  return [...(lines.length > 0 ? [lines.join("\n")] : []), ...examples];
}
const inline = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Properties and methods as a list; a type alias shows its own in its signature. */
function memberLines(node: Declaration): string[] {
  if (ts.isTypeAliasDeclaration(node)) return [];
  const lines = membersOf(node).map(({ text, doc }) => {
    const said = [
      inline(doc.text),
      ...doc.tags.map(({ tag, text: more }) => `${tag === "returns" ? "Returns " : ""}${inline(more)}`),
    ];
    const signature = text.replace(/^readonly /, "").replace(/\s+/g, " ");
    return `- \`${signature}\`${said.join(" ") && `: ${said.join(" ")}`}`;
  });
  return lines.length > 0 ? [lines.join("\n")] : [];
}

/** What stands for a constant whose type the code leaves to be inferred: the reader sees its comment. */
function signatures({ name, declarations }: Exported): string {
  const shown = declarations.filter((node) => !isImplementation(node, declarations));
  return fence(shown.map((node) => signatureOf(node, name)).join("\n\n"));
}

/** The body behind overloads isn't called by its own signature. */
const isImplementation = (node: Declaration, all: readonly Declaration[]): boolean =>
  all.length > 1 && ts.isFunctionDeclaration(node) && node.body !== undefined;

function section(one: Exported): string {
  const { name, path, doc, declarations } = one;
  const overloads = declarations.filter((node) => functionOf(node)).map((node) => docOf(node));
  const others = overloads.filter(({ text }) => text !== "" && text !== doc.text);
  return [
    `### ${name}`,
    signatures(one),
    markdown(doc.text),
    ...others.map(({ text }) => markdown(text)),
    ...tagLines(doc),
    ...declarations.flatMap(memberLines),
    `[${path}](../../../${path})`,
  ].join("\n\n");
}

/** What a page describes, in order, and where; what it only names is described by an earlier entry. */
interface Layout {
  readonly groups: readonly {
    readonly title: string;
    readonly anchor: string;
    readonly members: readonly Exported[];
  }[];
  readonly anchors: ReadonlyMap<string, string>;
  readonly elsewhere: readonly (readonly [name: string, home: Entry])[];
}

/** The layouts of all pages, in the order of the entries. */
function layouts(): Map<Entry, Layout> {
  const homes = new Map<string, Entry>();
  const made = new Map<Entry, Layout>();
  for (const entry of names) {
    const exported = exportedBy(entries[entry]);
    const homeOf = ({ path, own, name }: Exported): string => `${path} ${own} ${name}`;
    const own = exported.filter((one) => !homes.has(homeOf(one)));
    const elsewhere = exported.flatMap((one) => {
      const home = homes.get(homeOf(one));
      return home ? [[one.name, home] as const] : [];
    });
    for (const one of own) homes.set(homeOf(one), entry);
    const slugs = new Anchors();
    slugs.of(entry);
    const anchors = new Map<string, string>();
    const groups = [...new Set(areas.map(([, title]) => title))].flatMap((title) => {
      const there = own.filter((one) => areaOf(one) === title);
      const members = [...there.filter(({ isValue }) => isValue), ...there.filter(({ isValue }) => !isValue)];
      if (members.length === 0) return [];
      const anchor = slugs.of(title);
      for (const { name } of members) anchors.set(name, slugs.of(name));
      return [{ title, anchor, members }];
    });
    made.set(entry, { groups, anchors, elsewhere });
  }
  return made;
}

function page(entry: Entry, all: ReadonlyMap<Entry, Layout>): string {
  const { groups, anchors, elsewhere } = all.get(entry)!;
  const contents = groups.map(({ title, anchor, members }) => {
    const links = members.map(({ name }) => `[\`${name}\`](#${anchors.get(name)})`);
    return `- [${title}](#${anchor}): ${links.join(", ")}`;
  });
  const also = elsewhere.map(([name, home]) => `[\`${name}\`](${fileOf(home)}#${all.get(home)!.anchors.get(name)})`);
  /** Where a name is described: on this page, or on the first that has it. Throws an Error for a name on no page. */
  const linked = (text: string): string =>
    text.replace(/\{@link (\w+)\}/g, (_, name: string) => {
      const home = anchors.has(name) ? entry : names.find((other) => all.get(other)!.anchors.has(name));
      if (!home) throw new Error(`scripts/api.ts: no page describes ${name}, which a comment links to`);
      return `[\`${name}\`](${home === entry ? "" : fileOf(home)}#${all.get(home)!.anchors.get(name)})`;
    });
  return `${[
    `# ${entry}`,
    `${purposes[entry]} Every name is imported from \`"${entry}"\`.`,
    contents.join("\n"),
    ...(also.length > 0 ? [`Also exported here, and described elsewhere: ${also.join(", ")}.`] : []),
    ...groups.flatMap(({ title, members }) => [`## ${title}`, ...members.map((one) => linked(section(one)))]),
    "Generated from the doc comments: `node --conditions=@heaviside/source --import tsx scripts/api.ts --write`.",
  ].join("\n\n")}\n`;
}

/** Every page by its path. */
export function pages(): Record<string, string> {
  const all = layouts();
  return Object.fromEntries(names.map((entry) => [`docs/reference/api/${fileOf(entry)}`, page(entry, all)]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  mkdirSync(`${root}docs/reference/api`, { recursive: true });
  for (const [path, text] of Object.entries(pages()))
    if (process.argv.includes("--write")) writeFileSync(root + path, text);
    else console.log(text);
}
