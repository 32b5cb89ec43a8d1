// The library as the page has it: without prose, and with the rows of its tables that the page names.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createServer, type PluginOption, parseSync, type ViteDevServer } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cards } from "./cards.ts";
import { ofCards, ofOptions, prose, withoutProse } from "./prose.ts";
import { withPlaces } from "./refusals.ts";
import { rowsOfTables, tables, withRows } from "./tables.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const parse = (code: string) => parseSync("file.ts", code).program;
const sourceOf = (file: string): string => readFileSync(`${root}src/${file}`, "utf8");

const servers: ViteDevServer[] = [];
const serverWith = async (...plugins: PluginOption[]): Promise<ViteDevServer> => {
  const server = await createServer({
    ...{ configFile: false, root, appType: "custom", logLevel: "error", plugins },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  servers.push(server);
  return server;
};
let withoutWords: ViteDevServer;
let ofPage: ViteDevServer;
beforeAll(async () => {
  withoutWords = await serverWith(prose());
  ofPage = await serverWith(cards(), rowsOfTables(), prose());
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

const said = new Set<string>([...ofCards, ...ofOptions, "description"]);

/** What a table of options or cards holds beside prose, each part once. Of a function it holds what it has as properties. */
function factsOf(value: unknown, known = new Set<unknown>()): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
  if (known.has(value)) return "as above";
  known.add(value);
  const own = Object.entries(value).filter(([name]) => !said.has(name));
  const below = own.map(([name, of]) => [name, factsOf(of, known)] as const);
  return typeof value === "function" && below.length === 0 ? "a function" : Object.fromEntries(below);
}

test.each(["models/options.ts", "train/config.ts", "data/options.ts"])(
  "%s keeps every fact of its options and cards without prose",
  async (file) => {
    const whole = (await import(`${root}src/${file}`)) as object;
    const bare = await withoutWords.ssrLoadModule(`/src/${file}`);
    expect(factsOf({ ...bare })).toEqual(factsOf({ ...whole }));
  },
);

test("what is said for readers is taken out, and only that", () => {
  const code = sourceOf("estimators/gumbel-rao.ts");
  const left = withoutProse(code, parse);
  for (const text of ["Paulus", "\\frac", "conditional"]) expect(left.includes(text), text).toBe(false);
  expect(left.length).toBeLessThan(code.length - 600);
  expect(withoutProse(left, parse)).toBe(left);
  const [mine, other] = ['number(1, { above: 0 }, "mine")', 'other(1, { above: 0 }, "theirs")'];
  expect(
    withoutProse(`import { number } from "./options/option.ts";\nconst a = ${mine}, b = ${other};`, parse),
  ).toContain('a = number(1, { above: 0 }, ""), b = other(1, { above: 0 }, "theirs")');
  expect(withoutProse('const file = { source: "a.csv", title: "A", flag: "x" };', parse)).toContain('source: "a.csv"');
});

test("a refusal says where in the library it is", () => {
  const code = 'const a = 1;\nif (a) throw new UserError(`a: ` + a, { cause });\nthrow new Other("b");';
  expect(withPlaces(code, "graph/a.ts", parse)).toBe(
    'const a = 1;\nif (a) throw new UserError("graph/a.ts:2", { cause });\nthrow new Other("b");',
  );
});

test("a table has the rows that are kept, and one that it never had is an error", () => {
  for (const [file, kept] of Object.entries(tables)) expect(withRows(sourceOf(file), kept, parse)).not.toBe("");
  const code = 'export const rows = family("row", { a, "b-c": d, ...more } as const);';
  expect(withRows(code, [{ table: "rows", rows: ["b-c"] }], parse)).toBe(
    'export const rows = family("row", {  "b-c": d, ...more } as const);',
  );
  expect(withRows(code, [{ table: "rows", without: ["b-c"] }], parse)).toContain("{ a,  ...more }");
  expect(() => withRows(code, [{ table: "rows", rows: ["e"] }], parse)).toThrow("the table rows has no e");
  expect(() => withRows(code, [{ table: "others", rows: [] }], parse)).toThrow("there is no table others");
});

test("every network that the page offers is one of the page's library, with the same config", async () => {
  const { networkFields, networks, cells, forLayers, forGates, forCells, modelOf, optimizerOf } =
    await ofPage.ssrLoadModule("/lab/src/stations/train/network.ts");
  const first = Object.fromEntries(
    Object.entries<{ initial: unknown }>(networkFields).map(([name, { initial }]) => [name, initial]),
  );
  const named = (all: { name: string }[]): string[] => all.map(({ name }) => name);
  const chosen = [
    ...named(forLayers).flatMap((name) => [
      { network: "mlp", estimators: [name] },
      { network: "conv", estimators: [name] },
    ]),
    ...named(forGates).map((gate) => ({ network: "gated-mlp", gate })),
    ...Object.keys(cells).flatMap((cell) => named(forCells).map((gates) => ({ network: "recurrent", cell, gates }))),
    ...Object.keys(cells).map((cell) => ({ network: "recurrent", cell })),
  ].map((own) => ({ ...first, ...own }));
  expect(new Set(chosen.map(({ network }) => network))).toEqual(new Set(Object.keys(networks)));
  const page = {
    ...(await ofPage.ssrLoadModule("/src/config/config.ts")),
    ...(await ofPage.ssrLoadModule("/src/config/make.ts")),
    ...(await ofPage.ssrLoadModule("/src/graph/index.ts")),
  };
  const [whole, { modelFor }, { NdArray }] = await Promise.all([
    import("../../src/config/config.ts"),
    import("../../src/config/make.ts"),
    import("../../src/graph/index.ts"),
  ]);
  const dataOf = (Arrays: typeof NdArray) => {
    const fields = { x: Arrays.zeros([2, 8, 8]), label: new Arrays(Int32Array.of(0, 1), [2]) };
    const part = { size: 2, fields };
    const label = { shape: [], dtype: "int32", classes: ["a", "b"] } as const;
    const specs = { x: { shape: [8, 8], dtype: "float32" }, label } as const;
    return { ...{ name: "mnist", train: part, valid: part, test: part, warnings: [] }, fields: specs };
  };
  /** Its layers, or why there is none: some gates have no rate. */
  const layersOf = (make: () => { readonly layers: object }): string => {
    try {
      return JSON.stringify(make().layers, (key, value) => (key === "card" ? value.name : value));
    } catch (error) {
      return String(error);
    }
  };
  for (const of of chosen) {
    const config = { data: { name: "mnist" }, model: modelOf(of), training: { optimizer: optimizerOf(of) } };
    const [bare, full] = [page, whole].map((library) => library.resolveConfig(config, "config"));
    expect(bare).toEqual(full);
    const layers = layersOf(() => page.modelFor(bare, dataOf(page.NdArray)));
    expect(layers).toBe(layersOf(() => modelFor(full, dataOf(NdArray) as never)));
  }
});

test("so are all data that it offers", async () => {
  const { dataFields, dataConfigOf } = await ofPage.ssrLoadModule("/lab/src/stations/train/data.ts");
  const first = Object.fromEntries(
    Object.entries<{ initial: unknown }>(dataFields).map(([name, { initial }]) => [name, initial]),
  );
  const { resolveConfig } = await ofPage.ssrLoadModule("/src/config/config.ts");
  const whole = await import("../../src/config/config.ts");
  // A choice's rule names what may be chosen.
  const names = /^one of (.*)$/.exec(dataFields.data.rule)![1]!.split(", ");
  expect(names.length).toBeGreaterThan(10);
  for (const data of names) {
    const config = { data: dataConfigOf({ ...first, data, file: "mine.csv", target: "y" }) };
    expect(resolveConfig(config, "config")).toEqual(whole.resolveConfig(config, "config"));
  }
});
