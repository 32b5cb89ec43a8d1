import ts from "typescript";
import { describe, expect, test } from "vitest";
import { pages } from "../scripts/api.ts";
import {
  type Declaration,
  docOf,
  type Entry,
  type Exported,
  entries,
  exportedBy,
  functionOf,
  membersOf,
  resolve,
  typesIn,
  wholeText,
} from "../scripts/api-exports.ts";
import { listFiles, read } from "./support/repository.ts";

const all = Object.entries(entries).flatMap(([entry, path]) =>
  exportedBy(path).map((one) => ({ ...one, entry: entry as Entry })),
);
/** Each declaration once, although several entries export it. */
const unique = [...new Map(all.map((one) => [`${one.path} ${one.own}`, one])).values()];
const told = ({ path, line, name }: Exported): string => `${path}:${line} ${name}`;

/** Properties that need no comment, and why. */
const selfExplaining: Readonly<Record<string, string>> = {
  "Methods.*": "each is the op of the same name, as the interface says",
  "TrainEvent.kind": "the four forms of the union are told apart by it, as the type says",
};

/** Exports that no page, no test of the package and no other export mentions, and why they are exported all the same. */
const unmentioned: Readonly<Record<string, string>> = {
  "src/graph/ops/": "the ops are one vocabulary, for stages, losses and estimators of one's own",
  "src/plots/": "the charts are one set; programs choose among them",
  ...because("lists and looks up what a program lets its user choose", "cellNames", "estimatorNames", "gaterNames"),
  ...because("lists and looks up what a program lets its user choose", "estimatorFor", "activationNames"),
  ...because("makes the units of an estimator of one's own", "deterministicUnit", "pathwise", "activationFor"),
  ...because("the half of valueAndGrad that most other libraries have by this name", "grad"),
  ...because("an error that programs can tell from others", "ShapeError"),
  ...because("the prediction of a head of one's own", "Prediction"),
  ...because("the table that `prune` is chosen by", "pruningTable"),
  ...because("first parameters of the layers affine and gatedBlocks", "affineInit", "gatedBlocksInit"),
  ...because("trees of parameters, for optimizers of one's own", "leaves", "mapTree", "zipTrees"),
  ...because("sizes of a network from those of its data", "batchCount", "classesOf", "featuresOf"),
  ...because("IDX files, read and written", "decodeIdx", "encodeIdx", "readIdx"),
  ...because("what `npx heaviside data` prints, as numbers", "summarize"),
  ...because("problems whose gradient is known, for measurements", "exactGradient", "toyProblem"),
  ...because("what a section of `page` is made of", "htmlTable"),
  ...because("parts of the page that `report` writes", "comparisonSvg", "inspect", "measurementReport"),
  ...because("single laws, and exact gradients to compare with", "checkEstimator", "subjectOf", "expectedEstimate"),
  ...because("single laws, and exact gradients to compare with", "expectedLosses", "trueGradient"),
};

/** Quantities by their names, and the units that a comment may give them. A count whose name says what it counts, such as `epochs`, has one. */
const quantities: readonly { readonly name: RegExp; readonly unit: RegExp }[] = [
  { name: /seconds|duration|elapsed|timeout|latency|(^|[a-z])time(Left)?$/i, unit: /\bseconds?\b|\bms\b/i },
  { name: /^ms$|millis|[a-z]Ms$/, unit: /\bmilliseconds?\b|\bms\b/i },
  { name: /bytes|memory|storage/i, unit: /\bbytes\b|\b[kKMG]i?B\b/ },
  { name: /PerSecond$|speed/i, unit: /per second/ },
  { name: /rate$/i, unit: /\bfactor\b|\bshare\b|per step|probability|learning rate/i },
  {
    name: /^(size|width|height|threads)$|(Size|Width|Height)$/,
    unit: /\bpixels?\b|\b(examples|elements|units|threads|columns|numbers)\b/i,
  },
];
const isNumber = (type: string): boolean => /\bnumber\b/.test(type);
const unitless = (name: string, said: string): boolean =>
  quantities.some((quantity) => quantity.name.test(name) && !quantity.unit.test(said));

/** Folders of methods: what is exported from there implements something that has been published, or is excused. */
const methods =
  /^src\/(estimators|cells|gating|layers|optimizers|statistics|random|generate|measure|train\/weight-noise|models\/(heads|stages))\//;
/** Someone's year, or an address. */
const SOURCE = /\b(18|19|20)\d\d\b|https?:\/\//;

/** Exports of those folders that name no source, and why. */
const sourceless: Readonly<Record<string, string>> = {
  ...because("looks up and lists methods, whose cards name their sources", "cellFor", "cellNames", "estimatorFor"),
  ...because("looks up and lists methods, whose cards name their sources", "estimatorNames", "gaterNames"),
  ...because("looks up and lists methods, whose cards name their sources", "optimizerFor", "activationFor"),
  ...because("looks up and lists methods, whose cards name their sources", "activationNames", "encode", "recurrent"),
  ...because("applies methods in an order, which its comment says", "updateFor"),
  ...because("makes one of the user's own", "defineCell", "deterministic"),
  ...because("a textbook's likelihood or loss", "bits", "classes", "stepClasses", "values"),
  ...because("a textbook's map or sum", "affine", "dense", "flatten", "gatedBlocksInit", "overTime", "perStep"),
  ...because("a textbook's rate", "constantRate", "exponential", "stepDecay"),
  ...because("a textbook's quadrature", "src/statistics/"),
  ...because("this library's own measurements", "biasThroughTime", "choose", "exactGradient", "measure"),
  ...because("this library's own measurements", "measureProblem", "networkProblem"),
};

describe("each export", () => {
  test("has a doc comment of at least a sentence", () => {
    const says = (text: string): boolean => /\p{L}{2,}.*\s.*\p{L}{2,}/su.test(text);
    expect(unique.filter(({ doc }) => !says(doc.text)).map(told)).toEqual([]);
  });

  test("that is a function which throws UserError or ShapeError says so", () => {
    const throws = (node: ts.SignatureDeclaration & { readonly body?: ts.Node | undefined }): boolean =>
      /\bthrow (new )?(UserError|ShapeError|shapeError)\(|\bcheck[A-Z]\w*\(/.test(node.body?.getText() ?? "");
    const silent = functionsAmong(unique).filter(({ node, one }) => throws(node) && !/Throws/.test(wholeText(one.doc)));
    expect(silent.map(({ one }) => told(one))).toEqual([]);
  });

  test("that is a function of arrays names their shapes", () => {
    const arrays = ["Tensor", "TensorLike", "NdArray", "Float32Array", "Float64Array", "Int32Array"];
    const shapeless = functionsAmong(unique).filter(({ node, one }) => {
      const mentioned = typesOfSignature(node);
      return arrays.some((name) => mentioned.has(name)) && !/\[[^\]]*\]/.test(wholeText(one.doc));
    });
    expect(shapeless.map(({ one }) => told(one))).toEqual([]);
  });

  test("that is a type of properties says what each of them is", () => {
    const used = new Set<string>();
    const bare = unique.flatMap((one) =>
      one.declarations.flatMap((node) =>
        membersOf(node).flatMap(({ name, doc }) => {
          if (doc.text !== "") return [];
          const reason = [`${one.own}.*`, `${one.own}.${name}`].find((key) => key in selfExplaining);
          if (reason) used.add(reason);
          return reason ? [] : [`${told(one)}.${name}`];
        }),
      ),
    );
    expect(bare).toEqual([]);
    expect([...used].sort()).toEqual(Object.keys(selfExplaining).sort());
  });

  test("that takes or gives a time, a size, a rate or memory says its unit", () => {
    const silent = unique.flatMap((one) =>
      one.declarations.flatMap((node) => {
        const members = membersOf(node).filter(({ text }) => isNumber(text));
        const wrong = members.filter(({ name, doc }) => unitless(name, wholeText(doc)));
        const parameters = [...(functionOf(node)?.parameters ?? [])].filter(
          ({ name, type, initializer }) =>
            isNumber(type?.getText() ?? (initializer ? "number" : "")) && unitless(name.getText(), wholeText(one.doc)),
        );
        return [...wrong, ...parameters.map(({ name }) => ({ name: name.getText() }))].map(
          ({ name }) => `${told(one)}: ${name}`,
        );
      }),
    );
    expect(silent).toEqual([]);
    for (const [name, said] of [
      ["seconds", "In all."],
      ["bytes", "How many."],
      ["size", "How large."],
    ] as const)
      expect(unitless(name, said)).toBe(true);
  });

  test("that is a published method names its source: a paper with its year, or an address", () => {
    const excused = new Set<string>();
    const silent = unique.filter(({ path, own, doc, isValue }) => {
      if (!isValue || !methods.test(path) || SOURCE.test(wholeText(doc))) return false;
      const reason = Object.keys(sourceless).find((key) => key === own || path.startsWith(key));
      if (reason) excused.add(reason);
      return !reason;
    });
    expect(silent.map(told)).toEqual([]);
    expect([...excused].sort()).toEqual(Object.keys(sourceless).sort());
  });

  test("is for users: a page, a test of the package or another export mentions it", () => {
    const pages = listFiles(
      "README.md",
      "CONTRIBUTING.md",
      "docs",
      "test/package",
      "test/e2e",
      "test/deno",
      "test/node24",
    );
    const texts = pages
      .filter((path) => /\.(md|ts|js|mjs)$/.test(path) && !path.startsWith("docs/reference/api/"))
      .map((path) => codeOf(path, read(path)));
    const comments = unique.map((one) => ({ own: one.own, words: wordsOf(codeOf("a.md", wholeText(one.doc))) }));
    const words = wordsOf(texts.join("\n"));
    const types = typesAmong(unique);
    const excused = new Set<string>();
    const internal = all.filter(({ name, own, path }) => {
      if (words.has(name) || types.has(own)) return false;
      if (comments.some((other) => other.own !== own && other.words.has(name))) return false;
      const reason = [name, ...Object.keys(unmentioned).filter((key) => path.startsWith(key))].find(
        (key) => key in unmentioned,
      );
      if (reason) excused.add(reason);
      return !reason;
    });
    expect(internal.map((one) => `${one.entry}: ${told(one)}`)).toEqual([]);
    expect([...excused].sort()).toEqual(Object.keys(unmentioned).sort());
  });
});

test("docs/reference/api/ is what the doc comments say, a page for each entry", () => {
  const made = pages();
  expect(Object.keys(made).sort()).toEqual(listFiles("docs/reference/api"));
  for (const [path, text] of Object.entries(made)) expect(read(path), path).toBe(text);
  const described = new Set(Object.values(made).flatMap((text) => text.match(/(?<=^### ).*$/gm)));
  expect([...new Set(all.map(({ name }) => name))].filter((name) => !described.has(name))).toEqual([]);
});

test("heaviside exports at most 75 values: what most programs need", () => {
  const values = exportedBy(entries.heaviside).filter(({ isValue }) => isValue);
  expect(values.length).toBeLessThanOrEqual(75);
  expect(values.length).toBeGreaterThan(40);
});

describe("the reader of exports", () => {
  const parsed = (text: string): ts.SourceFile => ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest, true);

  test("finds what an entry exports, by way of other modules and under other names", () => {
    const named = (path: string, name: string) => exportedBy(path).find((one) => one.name === name);
    expect(named("src/index.ts", "deterministicUnit")).toMatchObject({ own: "deterministic", isValue: true });
    expect(named("src/entries/report.ts", "barChart")?.path).toBe("src/plots/bar-chart.ts");
    expect(named("src/entries/measure.ts", "MeasuredRow")).toMatchObject({ own: "Row", isValue: false });
    expect(named("src/index.ts", "sigmoidOf")).toBeUndefined();
  });

  test("reads a comment's text and its tags, and the members of unions", () => {
    const module = parsed(
      "/**\n * One. Two.\n *\n *     code\n * @param x [B]\n *   more\n * @returns it\n */\nfunction f() {}",
    );
    expect(docOf(module.statements[0]!)).toEqual({
      text: "One. Two.\n\n    code",
      tags: [
        { tag: "param", text: "x [B]\n  more" },
        { tag: "returns", text: "it" },
      ],
    });
    expect(docOf(parsed("// no doc comment\nlet a = 1;").statements[0]!)).toEqual({ text: "", tags: [] });
    const [union] = parsed("type A = {\n  /** One. */\n  readonly a: 1;\n} | { b(): void };").statements;
    expect(membersOf(union as ts.TypeAliasDeclaration).map(({ name, text, doc }) => [name, text, doc.text])).toEqual([
      ["a", "readonly a: 1", "One."],
      ["b", "b(): void", ""],
    ]);
  });
});

function because(reason: string, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}

/** The functions among exports, overloads apart. */
function functionsAmong(exported: readonly Exported[]): { one: Exported; node: ts.SignatureDeclaration }[] {
  return exported.flatMap((one) =>
    one.declarations.flatMap((declaration) => {
      const node = functionOf(declaration);
      return node ? [{ one, node }] : [];
    }),
  );
}

/** The names of types that exports are made of, at any depth, each at its own declaration. */
function typesAmong(exported: readonly Exported[]): Set<string> {
  const found = new Set<string>();
  const seen = new Set<ts.Node>();
  const visit = (path: string, own: string, node: Declaration): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const made = functionOf(node);
    for (const name of made ? typesOfSignature(made) : typesIn(node)) {
      const there = name === own ? undefined : resolve(path, name);
      if (!there) continue;
      const called = there.declarations[0]!.name!.getText();
      found.add(called);
      for (const one of there.declarations) if (!made || !functionOf(one)) visit(there.path, called, one);
    }
  };
  for (const { path, own, declarations } of exported) for (const node of declarations) visit(path, own, node);
  return found;
}

/** The types that a function takes and gives. */
function typesOfSignature({ parameters, type, typeParameters = [] as never }: ts.SignatureDeclaration): Set<string> {
  const nodes: ts.Node[] = [...parameters, ...typeParameters, ...(type ? [type] : [])];
  return new Set(nodes.flatMap((node) => [...typesIn(node)]));
}

const wordsOf = (text: string): Set<string> => new Set(text.match(/[\p{L}_$][\p{L}\d_$]*/gu));

/** What a page says as code: in fences and between backticks. Prose uses many names as words. */
function codeOf(path: string, text: string): string {
  if (!path.endsWith(".md")) return text;
  return [...text.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([code]) => code).join("\n");
}
