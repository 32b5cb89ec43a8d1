import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "jpeg-js";
import { describe, expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { readImage } from "../data/images/read.ts";
import { pngFile } from "../data/images/testing.ts";
import { predictor as stored } from "../inference/index.ts";
import { predictor } from "../predict/predictor.ts";
import { heaviside } from "./testing.ts";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

/** A bright bar that lies or stands, somewhere, in a colour of its own: as a PNG or a JPEG file. */
function bar(i: number, lies: boolean, as: "png" | "jpg", size = 12): Uint8Array {
  const from = 2 + (i % (size - 6));
  const rgba = new Uint8Array(4 * size * size).map((_, at) => {
    const [x, y, channel] = [Math.floor(at / 4) % size, Math.floor(at / 4 / size), at % 4];
    const place = lies ? y : x;
    if (channel === 3) return 255;
    return place >= from && place < from + 3 ? 200 - 20 * ((i + channel) % 4) : 30;
  });
  if (as === "jpg") return Uint8Array.from(encode({ width: size, height: size, data: rgba }, 95).data);
  return pngFile({ width: size, height: size, samples: rgba.filter((_, at) => at % 4 !== 3) });
}

folderForAllTests(async (path) => {
  folder = path;
  for (const [name, lies] of [
    ["lying", true],
    ["standing", false],
  ] as const) {
    mkdirSync(at("bars", name), { recursive: true });
    for (let i = 0; i < 30; i++) {
      const as = i % 2 ? "jpg" : "png";
      writeFileSync(at("bars", name, `${i}.${as}`), bar(i, lies, as));
    }
  }
  writeFileSync(at("bars", "lying", ".DS_Store"), "x");
  writeFileSync(at("new.jpg"), bar(3, true, "jpg"));
  writeFileSync(at("new.png"), bar(4, false, "png"));
  writeFileSync(at("large.png"), bar(9, true, "png", 24));
  const network = ["--hidden", "16", "--epochs", "15", "--batch", "8", "--rate", "0.1"];
  const training = [
    "--augment",
    "shift:1 flip",
    "--preprocess",
    "standardise-channels",
    "--estimator",
    "straight-through-slope",
  ];
  const { code, out, err } = await heaviside(
    "train",
    "--data",
    `${at("bars")}`,
    ...network,
    ...training,
    "--backend",
    "wasm",
    "--out",
    at("run"),
  );
  expect(code, err).toBe(0);
  expect(out).toContain("warning: this was not read as images: lying/.DS_Store");
});

const predicted = async (file: string): Promise<{ name: string; probabilities: number[] }> => {
  const { code, out, err } = await heaviside("predict", at("run"), at(file), "--json", "--backend", "wasm");
  expect(code, err).toBe(0);
  const { predictions } = JSON.parse(out);
  expect(predictions).toHaveLength(1);
  return predictions[0];
};

describe("a network that was trained on a folder of images", () => {
  test("predicts a JPEG and a PNG file", async () => {
    expect((await predicted("new.jpg")).name).toBe("lying");
    expect((await predicted("new.png")).name).toBe("standing");
  });

  test("predicts several files, and the files in a folder, by their names", async () => {
    mkdirSync(at("more", "deep"), { recursive: true });
    writeFileSync(at("more", "10.png"), bar(4, false, "png"));
    writeFileSync(at("more", "9.jpg"), bar(3, true, "jpg"));
    writeFileSync(at("more", "deep", "1.png"), bar(6, true, "png"));
    writeFileSync(at("more", "notes.txt"), "x");
    // What systems keep beside images, and a folder that is called like one.
    writeFileSync(at("more", "._9.jpg"), "x");
    mkdirSync(at("more", ".thumbnails"));
    writeFileSync(at("more", ".thumbnails", "9.jpg"), "x");
    mkdirSync(at("more", "folder.png"));
    const predict = (...argv: string[]) => heaviside("predict", at("run"), ...argv, "--backend", "wasm");
    const files = [at("new.png"), at("more", "9.jpg"), at("more", "10.png"), at("more", "deep", "1.png")];
    const json = JSON.parse((await predict(at("new.png"), at("more"), "--json")).out);
    expect(json.files).toEqual([at("new.png"), at("more")]);
    expect(json.predictions.map(({ file }: { file: string }) => file)).toEqual(files);
    const names = ["standing", "lying", "standing", "lying"];
    expect(json.predictions.map(({ name }: { name: string }) => name)).toEqual(names);
    const [chance] = (await predicted("new.png")).probabilities;
    expect(json.predictions[0].probabilities[0]).toBeCloseTo(chance!, 6);
    const csv = (await predict(at("new.png"), at("more"), "--csv")).out.trimEnd().split("\n");
    expect(csv[0]).toMatch(/^file,name,/);
    expect(csv.slice(1).map((line) => line.split(",").slice(0, 2))).toEqual(files.map((file, i) => [file, names[i]]));
    const table = (await predict(at("more", "9.jpg"))).out.split("\n");
    expect(table[0]).toMatch(/^file +class/);
    expect(table[1]!.startsWith(`${at("more", "9.jpg")}  `)).toBe(true);
  });

  test("names all files that can't be read", async () => {
    writeFileSync(at("cut.png"), bar(4, false, "png").subarray(0, 60));
    writeFileSync(at("text.png"), "no image");
    mkdirSync(at("none"));
    const refused = async (...files: string[]) => {
      const { code, out, err } = await heaviside("predict", at("run"), ...files, "--backend", "wasm");
      expect([code, out]).toEqual([1, ""]);
      return err;
    };
    expect(await refused(at("cut.png"), at("new.png"), at("text.png"), at("gone.png"))).toBe(
      `heaviside: predict: ${at("cut.png")} cannot be read: it ends early; ${at("text.png")} cannot be read: it is no PNG or JPEG file; ${at("gone.png")} cannot be read: it doesn't exist\n`,
    );
    expect(await refused(at("none"))).toContain("none must have PNG or JPEG files in it, it has none");
    expect(await refused(at("new.png"), "a.csv")).toContain(
      "several files must be images (.png, .jpg), received a.csv",
    );
  });

  test.runIf(process.platform !== "win32")("refuses what never ends, or isn't there, by its reason", async () => {
    mkdirSync(at("odd"));
    execFileSync("mkfifo", [at("odd", "1.png")]);
    symlinkSync("/dev/zero", at("odd", "2.png"));
    symlinkSync("nowhere", at("odd", "3.png"));
    writeFileSync(at("odd", "4.png"), "");
    const { code, err } = await heaviside("predict", at("run"), at("odd"), "--backend", "wasm");
    const reasons = [
      "it is a pipe, a socket or a device, not a file",
      "it is a pipe, a socket or a device, not a file",
      "it is a link to nothing",
      "it is empty",
    ];
    const said = reasons.map((reason, i) => `${at("odd", `${i + 1}.png`)} cannot be read: ${reason}`);
    expect([code, err]).toEqual([1, `heaviside: predict: ${said.join("; ")}\n`]);
  });

  test("says which size a file must have", async () => {
    const { code, err } = await heaviside("predict", at("run"), at("large.png"), "--backend", "wasm");
    expect(code).toBe(1);
    expect(err).toBe(
      `heaviside: predict: ${at("large.png")} cannot be read: it must be 12x12 pixels (rows x columns), it is 24x24\n`,
    );
  });

  test("keeps its scaling by channel in a saved file, which heaviside/inference reads to the same bits", async () => {
    expect((await heaviside("save", at("run"), at("bars.safetensors"))).code).toBe(0);
    const x = Float32Array.from({ length: 432 }, (_, i) => (i % 17) / 17);
    const [own, saved, inference] = [
      await predictor(at("run"), { backend: "wasm" }),
      await predictor(at("bars.safetensors"), { backend: "wasm" }),
      await stored(at("bars.safetensors")),
    ];
    const wanted = [...own(x).probabilities];
    expect([...saved(x).probabilities]).toEqual(wanted);
    expect([...inference(x).probabilities]).toEqual(wanted);
    expect(saved.spec.inputs[0]).toMatchObject({ shape: [12, 12, 3], image: { colour: "rgb" } });
    for (const predict of [own, saved, inference]) await predict.close();
    const { out } = await heaviside("predict", at("bars.safetensors"), at("new.png"), "--json", "--backend", "wasm");
    expect(JSON.parse(out).predictions[0]).toEqual(await predicted("new.png"));
  });
});

test("a network that was trained on resized images resizes what it predicts", async () => {
  const data = ["--data", `${at("bars")}:size=6x6,colour=grey`];
  const { code, err } = await heaviside(
    "train",
    ...data,
    "--hidden",
    "4",
    "--epochs",
    "1",
    "--backend",
    "reference",
    "--out",
    at("small"),
  );
  expect(code, err).toBe(0);
  const said = async (file: string) =>
    JSON.parse((await heaviside("predict", at("small"), at(file), "--json", "--backend", "reference")).out)
      .predictions[0];
  const own = await predictor(at("small"), { backend: "reference" });
  expect(own.spec.inputs[0]).toMatchObject({ shape: [6, 6], image: { colour: "grey", fit: "crop" } });
  const form = { height: 6, width: 6 };
  const pixels = await readImage(readFileSync(at("large.png")), "large", { colour: "grey", fit: "crop" }, form);
  expect((await said("large.png")).probabilities).toEqual([...own(pixels).probabilities]);
  await own.close();
});

describe("heaviside data", () => {
  test("describes a folder of images by its path, channel by channel, and draws it in brightness", async () => {
    const { code, out } = await heaviside("data", at("bars"));
    expect(code).toBe(0);
    expect(out).toContain("images: x [12, 12, 3], label of 2 classes");
    expect(out).toMatch(/channel of x +mean .*\nred .*\ngreen .*\nblue /);
    expect(out).toMatch(/a training example of each class\nlying +standing/);
  });

  test("shows images as a training changes them", async () => {
    const plain = (await heaviside("data", at("bars"))).out.split("\n");
    const { out } = await heaviside("data", at("bars"), "--augment", "shift:5");
    const lines = out.split("\n");
    const start = lines.indexOf("a training example of each class");
    expect(lines.slice(0, start)).toEqual(plain.slice(0, start));
    expect(lines.slice(start)).not.toEqual(plain.slice(start));
  });
});

test.each<[string[], string]>([
  [["--data", "./nowhere"], "data: ./nowhere does not exist"],
  [
    ["--data", "./a", "--data-dir", "b"],
    '--data-dir: "./a" is a folder already, by --data, received --data-dir "b" too',
  ],
  [["--data", "./a:sise=4"], "data.sise: there is no such option"],
  [["--limit", "60", "--augment", "shift:28"], "augment shift: pixels must be below the 28 pixels"],
  [
    ["--data", "adding", "--model", "recurrent", "--preprocess", "standardise"],
    "model: preprocess standardise is fitted to training examples in memory, adding streams them",
  ],
])("heaviside train %j says what is wrong", async (argv, message) => {
  const { code, err } = await heaviside("train", ...argv, "--no-out", "--backend", "reference");
  expect(code).toBe(1);
  expect(err).toContain(message);
});
