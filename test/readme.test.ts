import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { heaviside } from "../src/cli/testing.ts";
import { type Block, blocksOf, expectedOutput, outputMatches, outputViolations, Project } from "./support/blocks.ts";
import { commandsOf, commandViolations, type Surroundings } from "./support/commands.ts";
import { pythonWith } from "./support/python.ts";
import { listFiles, read, root } from "./support/repository.ts";

const pages = listFiles().filter((path) => /^(README|CONTRIBUTING)\.md$|^docs\/.*\.md$/.test(path));
const project = new Project();
afterAll(() => project[Symbol.dispose]());

/** TypeScript has the right types and is a program of its own. The JavaScript of a page is one walk from the first block to the last. */
const inLanguage = (page: string, language: string): Block[] =>
  blocksOf(page, read(page)).filter((block) => block.language === language && !block.words.includes("ignore"));
const blocks = pages.flatMap((page) => inLanguage(page, "ts"));
const walks = pages.map((page) => [page, inLanguage(page, "js")] as const).filter(([, steps]) => steps.length > 0);

describe("the code of the pages", () => {
  test.skipIf(blocks.length === 0)("has the right types", () => {
    expect(project.check(blocks.map((block) => project.add(block)))).toEqual([]);
  });

  for (const block of blocks) {
    const title = `at ${block.page}:${block.line} runs and prints what it promises`;
    test(title, { timeout: 200_000 }, async () => {
      expect(outputViolations(block, await project.run(project.add(block)))).toEqual([]);
    });
  }

  test.each(walks)(
    "of %s runs from start to finish and prints what it promises",
    { timeout: 200_000 },
    async (_, steps) => {
      for (const step of steps) expect(outputViolations(step, await project.run(project.add(step)))).toEqual([]);
    },
  );
});

/** Python with pandas, where there is one. */
const python = pythonWith("pandas");

describe("the Python of the pages", () => {
  const [block] = blocksOf("read-runs.md", read("docs/how-to/read-runs.md")).filter(
    ({ language }) => language === "python",
  );

  test("reads fields that a run folder has", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${Math.sin(i)},${i % 2 ? "odd" : "even"}`);
    const file = join(project.folder, "odd.csv");
    writeFileSync(file, ["x,parity", ...rows].join("\n"));
    const run = join(project.folder, "runs", "one");
    const { code } = await heaviside(
      "train",
      "--data",
      "table",
      "--file",
      file,
      "--target",
      "parity",
      "--epochs",
      "2",
      "--out",
      run,
    );
    expect(code).toBe(0);
    const [line] = readFileSync(join(run, "metrics.jsonl"), "utf8").split("\n");
    const { valid } = JSON.parse(line!);
    const result = JSON.parse(readFileSync(join(run, "result.json"), "utf8"));
    for (const value of [valid.deterministic.error, result.seed, result.test.deterministic.error])
      expect(value).toEqual(expect.any(Number));
    for (const field of ["valid.deterministic.{metric}", "test.deterministic.{metric}", 'metric = "error"'])
      expect(block!.text).toContain(field);
    if (!python) return;
    const out = execFileSync(python, ["-c", block!.text], { cwd: project.folder, encoding: "utf8" });
    const [, joined] = out.trimEnd().split("\n").slice(-2);
    const [name, seed, error, best] = joined!.trim().split(/\s+/);
    expect([name, Number(seed)]).toEqual(["runs/one", result.seed]);
    expect(Number(error)).toBeCloseTo(result.test.deterministic.error, 3);
    expect(Number(best)).toEqual(expect.any(Number));
  });
});

describe("the commands of the pages", () => {
  const helps = new Map<string, Promise<string>>();
  const around: Surroundings = {
    scripts: Object.keys(JSON.parse(read("package.json")).scripts),
    commands: readdirSync(`${root}node_modules/.bin`),
    help(subcommand = "") {
      const words = subcommand.split(" ").filter(Boolean);
      const page = helps.get(subcommand) ?? heaviside(...words, "--help").then(({ out }) => out);
      helps.set(subcommand, page);
      return page;
    },
  };

  test("exist, with their options", async () => {
    const commands = pages.flatMap((page) => commandsOf(read(page), blocksOf(page, read(page))));
    const violations = await Promise.all([...new Set(commands)].map((command) => commandViolations(command, around)));
    expect(violations.flat()).toEqual([]);
  });
});

describe("a block", () => {
  const fenced = (text: string, info = "ts") => `# A page\n\n\`\`\`${info}\n${text}\n\`\`\`\n`;
  const block = (text: string): Block => blocksOf("page.md", fenced(text))[0]!;

  test("is found with its language, words and line, also within a list", () => {
    expect(blocksOf("page.md", `${fenced("a", "ts ignore")}\n- item\n  \`\`\`sh\n  npm test\n  \`\`\`\n`)).toEqual([
      { page: "page.md", line: 4, language: "ts", words: ["ignore"], text: "a\n" },
      { page: "page.md", line: 9, language: "sh", words: [], text: "npm test\n" },
    ]);
  });

  test("promises what its arrows say", () => {
    expect(expectedOutput("f(); // → 1\n// → two words\n// plain\n// ≈ 3 %")).toEqual(["1", "two words", "≈ 3 %"]);
  });

  test("promises a literal, a literal with gaps, a regular expression, or numbers nearly", () => {
    expect(
      ["bias 3 %, 2e+2", "bias 2 %, 299.5", "bias 4 %, 101"].map((line) => outputMatches(line, "≈ bias 3 %, 2e2")),
    ).toEqual([true, true, true]);
    expect(
      ["bias 5 %, 200", "bias 3 %", "bies 3 %, 200"].map((line) => outputMatches(line, "≈ bias 3 %, 2e2")),
    ).toEqual([false, false, false]);
    expect(outputMatches("a.b", "a.b")).toBe(true);
    expect(outputMatches("axb", "a.b")).toBe(false);
    expect(outputMatches("a.b", "a")).toBe(false);
    expect(outputMatches("error 1.93%", "error …%")).toBe(true);
    expect(outputMatches("error 1.93", "error …%")).toBe(false);
    expect(outputMatches("error 1.93%", "/^error \\d\\.\\d+%$/")).toBe(true);
    expect(outputMatches("error x%", "/^error \\d\\.\\d+%$/")).toBe(false);
  });

  test("runs as a user's module, with types and top-level await", async () => {
    const good = block('const x: number = await Promise.resolve(2);\nconsole.log("x is", x); // → x is 2');
    const path = project.add(good);
    expect(project.check([path])).toEqual([]);
    expect(outputViolations(good, await project.run(path))).toEqual([]);
  });

  test("fails where it prints something else, less or more", () => {
    const promising = block("// → 1\n// → 2");
    expect(outputViolations(promising, ["1", "3"])).toEqual(["page.md:4 promises 2, printed was 3"]);
    expect(outputViolations(promising, ["1"])).toEqual(["page.md:4 promises 2, printed was undefined"]);
    expect(outputViolations(promising, ["1", "2", "3"])).toEqual(["page.md:4 prints more than it promises: 3"]);
    expect(outputViolations(block("f()"), ["anything"])).toEqual([]);
  });

  test("fails where it throws", async () => {
    await expect(project.run(project.add(block('throw new Error("boom");')))).rejects.toThrow("boom");
  });

  test("fails where a type is wrong, on the page's line", () => {
    const wrong = project.check([project.add(block('const fine = 1;\nconst x: number = "one";'))]);
    expect(wrong).toEqual([expect.stringContaining("page.md-4.ts:5: Type 'string' is not assignable")]);
  });
});

describe("a command", () => {
  const around: Surroundings = {
    scripts: ["test", "bench"],
    commands: ["vitest"],
    help: async (subcommand = "") =>
      ({
        "": "Commands:\n  train [options]  a network\n  backends\n  compare",
        compare: "Options:\n  -h\n\nCommands:\n  toys [options]  small",
        "compare toys": "Options:\n  --bits <n>",
      })[subcommand] ?? "Options:\n  --epochs <n>",
  };
  const violations = async (markdown: string) => {
    const commands = commandsOf(markdown, blocksOf("page.md", markdown));
    return (await Promise.all(commands.map((command) => commandViolations(command, around)))).flat();
  };

  test("is found in shell blocks and in running text", () => {
    const markdown =
      "Type `npx heaviside train`.\n\n```sh\n$ A=1 npm ci && npm test # all\ncd x; ls | npx vitest\n```\n\n```ts\n`npm x`\n```\n";
    expect(commandsOf(markdown, blocksOf("page.md", markdown))).toEqual([
      "npm ci",
      "npm test",
      "npx vitest",
      "npx heaviside train",
    ]);
  });

  test("may be anything that exists", async () => {
    expect(await violations("`npm ci`, `npm test`, `npm run bench -- gemm`, `npx vitest run`")).toEqual([]);
    expect(
      await violations("`npx heaviside --help`, `npx heaviside train --epochs 3`, `npx heaviside backends`"),
    ).toEqual([]);
    expect(await violations("`npx heaviside compare toys --bits 3`, `npx heaviside train toys --epochs 3`")).toEqual(
      [],
    );
  });

  test.each([
    ["npm run nothing", "no script nothing"],
    ["npm nothing", "no script nothing"],
    ["npm run ci", "no script ci"],
    ["npx nothing", "nothing is not installed"],
    ["npx heaviside fly", "no command fly"],
    ["npx heaviside train --wings 2", "no option --wings"],
    ["npx heaviside train --epoch 2", "no option --epoch"],
    ["npx heaviside compare toys --epochs 2", "no option --epochs"],
  ])("%s is reported", async (command, why) => {
    expect(await violations(`\`${command}\``)).toEqual([expect.stringContaining(why)]);
  });
});
