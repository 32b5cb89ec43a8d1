import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { recordFile } from "../experiments/engine/records.ts";
import { parseJson } from "../formats/json.ts";
import { checkpointIn } from "../runs/index.ts";
import { sealed, unsealed } from "../runs/sealed.ts";
import { heaviside } from "./testing.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

describe("a command line that would go unheard in part is refused", () => {
  it.each<[string, number, string]>([
    ["train --seed 1 --seed 2", 2, "option '--seed <n>' must be given once, received it twice"],
    ["train --seed=1 --seed 1", 2, "'--seed <n>' must be given once"],
    ["experiment toys --steps 30 --steps 40", 2, "'--steps <n>' must be given once"],
    ["data --limit 3 --limit 4", 2, "'--limit <n>' must be given once"],
    ["train --json --json", 2, "'--json' must be given once"],
    ["train --out x --no-out", 2, "one of '--out <folder>' and '--no-out' can be given, received both"],
    ["train --out --json", 2, "option '--out <folder>' argument missing, received --json"],
    ["train --epochs=", 2, "option '--epochs <n>' needs a value that is not empty"],
    ["train --estimator arms:samples=4,samples=8", 1, 'must give each option once, received "samples" twice'],
    ["train --optimizer adam:name=sgd", 1, 'must give each option once, received "name" twice'],
    ["train --optimizer adam:rate=1 --rate 2", 1, "--rate: must be given once, received 2 and --optimizer adam:rate=1"],
    ["train --model gated-mlp --estimator nonsense", 1, '--estimator: needs a hidden layer, received "nonsense"'],
    ["train --hidden none --gain 2", 1, '--gain: needs a hidden layer, received "2"'],
    ["describe --hidden none --estimator disarm", 1, "--estimator: needs a hidden layer"],
    ["train --blocks 3", 1, "--blocks: needs --model gated-mlp"],
    ["train --max-norm-every 3", 1, "training.maxNormEvery: needs maxNorm, received 3"],
    ["measure --toy 0.4 --hidden 3", 1, "measure: --hidden belongs to a network: give one of --toy and --hidden"],
    ["measure --toy 0.4 --layer 1", 1, "measure: --layer belongs to a network"],
    ["measure --max-norm 3", 1, "measure: --max-norm belongs to a training: give --at"],
    ["measure --at 10 --patience 3", 1, "measure: --patience belongs to the scores of a whole training"],
    ["train --resume a --out b", 1, "a resumed run goes on in its own folder, received --resume a and --out b"],
    ["train --resume a --no-out", 1, "a resumed run goes on in its own folder, received --no-out too"],
    ["train --backend natvie", 1, "(did you mean native?)"],
    ["train --estimator RLOO", 1, 'did you mean "leave-one-out"?'],
    ["measure --toy 0.4 --choose 1e400x", 1, "measure: --choose: must be a number above 0"],
    ["experiment autoencoder --points 1e9", 1, "--points must be at most --steps, 20000, received 1000000000"],
    ["experiment wide --seeds 1e9", 1, "--seeds must be a whole number at least 1 and at most 10000"],
    ["measure --toy 0.4 --units 1e12", 1, "take fewer --units"],
    ["backends --threads 1e9", 1, "--threads must be a whole number at least 1 and at most 64"],
  ])("%s", async (line, expectedCode, expected) => {
    const { code, err, out } = await heaviside(...line.split(" "));
    expect(err).toContain(expected);
    expect(err).toMatch(/^heaviside: [^\n]*\n$/);
    expect({ code, out }).toEqual({ code: expectedCode, out: "" });
  });
});

describe.runIf(process.platform === "linux")("a folder that can't be is refused before anything is read", () => {
  it.each([
    "measure --toy 0.4 --estimators exact --out /proc/x",
    "experiment toys --out /proc/x",
    "experiment autoencoder --out /proc/x/y",
    "experiment wide --quick --out /proc/x",
  ])("%s", async (line) => {
    const { code, err } = await heaviside(...line.split(" "));
    expect(code).toBe(1);
    expect(err).toMatch(/^heaviside: runs: cannot create \/proc\/x[^\n]*: the file system there makes no folders\n$/);
  });
});

/** The message about a config with this text; it has few lines, and none of them is a trace. */
async function complaint(text: string): Promise<string> {
  const path = join(folder, "config.json");
  await writeFile(path, text);
  const { code, err } = await heaviside("train", "--config", path, "--print-config");
  expect(code).toBe(1);
  expect(err).not.toMatch(/\n\s+at /);
  expect(err.length).toBeLessThan(6000);
  return err.replaceAll(path, "FILE");
}

describe("a config file", () => {
  const gated = (layer: object): string =>
    JSON.stringify({ model: { name: "gated-mlp", gated: [{ blocks: 4, gate: "straight-through", ...layer }] } });

  it.each([
    [gated({ gater: null }), "model.gated.0.gater: must be an object with a name, received null"],
    [gated({ gater: "dense" }), 'gater: must be an object with a name, received "dense"'],
    [gated({ sparsity: null }), "model.gated.0.sparsity: must be an object with a name, received null"],
    [gated({ sparsity: [null] }), "sparsity.0: must be an object with a name, received null"],
    [gated({ open: null, sparsity: { name: "balance", target: 0.1 } }), "model.gated.0.open: must be a finite number"],
    [gated({ gate: { name: "top-k", k: null } }), "model.gated.0.gate.k: must be a whole number"],
    [
      '{"model": {"hidden": [{"units": 3, "estimator": {"name": "concrete", "temperature": null}}]}}',
      "temperature: must be a finite",
    ],
    ['{"seed": 1,\n "seed": 2}', 'FILE:2:2: an object must have each name once, received "seed" twice'],
    [`{"epochs": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`, "FILE:1:111: must not be nested deeper than 100 levels"],
    ['{"__proto__": {"epochs": 3}}', "__proto__: there is no such option"],
    ['{"constructor": 3}', "constructor: there is no such option"],
    [`{"data": "${"x".repeat(1e6)}"}`, "..."],
    [`{"${"k".repeat(1e6)}": 1}`, "...: there is no such option"],
  ])("%.60s", async (text, expected) => {
    expect(await complaint(text)).toContain(expected);
  });

  it("of thousands of mistakes lists a few, and says how many more there are", async () => {
    const keys = Object.fromEntries(Array.from({ length: 4000 }, (_, i) => [`key${i}`, 1]));
    expect(await complaint(JSON.stringify(keys))).toMatch(/\n {2}and 3980 more mistakes\n$/);
    const layers = Array.from({ length: 2000 }, () => ({ units: 0, estimator: "sigmoid" }));
    expect(await complaint(JSON.stringify({ model: { hidden: layers } }))).toMatch(/\n {2}and 1980 more mistakes\n$/);
  });
});

describe("JSON", () => {
  it("is what the engine takes, but for names that come twice", () => {
    for (const text of ['" \u007f\u2028"', "[ ]", "{ }", "-0", "1e400", '"\\ud800"', '{"":[{"":{}}]}', "\t[1 , 2]\r\n"])
      expect(parseJson(text, "f")).toEqual(JSON.parse(text));
    const escapes = `"${"\\n".repeat(1e6)}"`;
    expect(parseJson(escapes, "f")).toBe("\n".repeat(1e6));
    for (const text of [
      "01",
      "[1,]",
      '"\n"',
      "'a'",
      "tru",
      "{1:2}",
      "",
      "[",
      '{"a":}',
      "\u00a01",
      '"\\x"',
      "1 2",
      "NaN",
    ])
      expect(() => parseJson(text, "f"), text).toThrow(/^f:\d+:\d+: must be JSON: expected/);
  });
});

describe("what is kept of a study", () => {
  const record = {
    kind: "x",
    nll: 1 / 3,
    worst: Number.NaN,
    best: Number.NEGATIVE_INFINITY,
    deep: [{ most: Infinity }],
    texts: ["NaN", "Infinity", "-Infinity", "~NaN", "~~Infinity", "~", "NaN~"],
  };

  it("comes back as it was, and says so where a character of it has changed", () => {
    const [text, about] = [sealed(record), { name: "FILE", fix: "delete it" }];
    expect(unsealed(text, about)).toEqual(record);
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "1" ? "2" : "1";
      const damaged = text.slice(0, at) + other + text.slice(at + 1);
      expect(() => unsealed(damaged, about), damaged).toThrow(/^FILE:?.* (it is damaged|it has none): delete it$/);
    }
  });

  it.each(["null", "[]", "{}", '{"id":"b","checksum":1}', "3", '{"id"', "[".repeat(9999)])(
    "names file and line of a damaged record: %.30s",
    async (line) => {
      const study = join(folder, "study");
      await mkdir(study, { recursive: true });
      await writeFile(join(study, "records.jsonl"), `${sealed({ id: "a" })}\n${line}\n`);
      await expect(recordFile(study)).rejects.toThrow(
        /records\.jsonl:2[: ].*delete this line, and its part is done again$/,
      );
    },
  );

  it("a folder without a checkpoint is left as it is", async () => {
    const mine = join(folder, "mine");
    await mkdir(mine);
    await writeFile(join(mine, "config.json"), "{}");
    await writeFile(join(mine, "thesis.tex"), "");
    expect(await checkpointIn(mine)).toBe(false);
    expect((await readdir(mine)).sort()).toEqual(["config.json", "thesis.tex"]);
  });
});
