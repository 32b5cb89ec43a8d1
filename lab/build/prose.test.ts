import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createServer, parseSync, type ViteDevServer } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofCards, ofOptions, prose, withoutProse } from "./prose.ts";

const library = fileURLToPath(new URL("../../src/", import.meta.url));
const parse = (code: string) => parseSync("file.ts", code).program;

let server: ViteDevServer;
beforeAll(async () => {
  server = await createServer({
    ...{ configFile: false, root: library, appType: "custom", logLevel: "error", plugins: [prose()] },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
});
afterAll(() => server.close());

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
  "%s keeps every fact of its options and cards",
  async (file) => {
    const whole = (await import(`${library}${file}`)) as object;
    const bare = await server.ssrLoadModule(`/${file}`);
    expect(factsOf({ ...bare })).toEqual(factsOf({ ...whole }));
  },
);

test("takes out what is said for readers, and only that", () => {
  const code = readFileSync(`${library}estimators/gumbel-rao.ts`, "utf8");
  const left = withoutProse(code, parse);
  for (const text of ["Paulus", "\\frac", "conditional", "minus"]) expect(left.includes(text), text).toBe(false);
  expect(left.length).toBeLessThan(code.length - 600);
  expect(withoutProse(left, parse)).toBe(left);
  const [mine, other] = ['number(1, { above: 0 }, "mine")', 'other(1, { above: 0 }, "theirs")'];
  expect(
    withoutProse(`import { number } from "./options/option.ts";\nconst a = ${mine}, b = ${other};`, parse),
  ).toContain('a = number(1, { above: 0 }, ""), b = other(1, { above: 0 }, "theirs")');
  expect(withoutProse('const file = { source: "a.csv", title: "A", flag: "x" };', parse)).toContain('source: "a.csv"');
});
