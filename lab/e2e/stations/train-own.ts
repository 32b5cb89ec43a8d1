import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encode } from "jpeg-js";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pngFile } from "../../../src/data/images/testing.ts";
import { encodeIdx, loadDataset } from "../../../src/data/index.ts";
import { encodeNpz } from "../../../src/formats/npy.ts";
import { loadModel } from "../../../src/predict/load-model.ts";
import { soon } from "../site.ts";
import type { Lab } from "./station.ts";
import { ended, numbersByCommand, numbersOf, saved, setTo, trained, wordsOf } from "./training-page.ts";

function put(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Digits of MNIST, a folder for each of four classes: PNG in three, JPEG in one. */
async function putDigits(folder: string, count: number): Promise<void> {
  const { test } = await loadDataset("mnist", {});
  const { x, label } = test.fields;
  for (let i = 0, done = 0; done < count; i++) {
    const digit = label.data[i]!;
    if (digit > 3) continue;
    const grey = Array.from(x.data.subarray(784 * i, 784 * (i + 1)), (value) => Math.round(255 * value));
    const rgba = Uint8Array.from(grey.flatMap((value) => [value, value, value, 255]));
    const jpeg = () => encode({ width: 28, height: 28, data: rgba }, 95).data;
    const png = () => pngFile({ width: 28, height: 28, type: 0, samples: grey });
    put(join(folder, `${digit}/${i}.${digit === 3 ? "jpg" : "png"}`), digit === 3 ? jpeg() : png());
    done++;
  }
}

/** Drops files or folders of the disk, as a hand does. */
async function dropped(page: Page, files: readonly string[]): Promise<void> {
  const box = (await page.getByRole("group", { name: "Data", exact: true }).boundingBox())!;
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await client.send("Input.dispatchDragEvent", { type, x: box.x + 20, y: box.y + 30, data });
  await client.detach();
}

/** Trains, and compares with the command that the page shows, with paths on this disk. */
async function isThatOfCommand(page: Page, paths: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  await page
    .getByRole("button", { name: /^Train/ })
    .first()
    .click();
  const found = numbersOf(await ended(page));
  const words = (await wordsOf(page)).map((word) => word.replace(/^[^:]+/, (path) => paths[path] ?? path));
  expect(found).toEqual(await numbersByCommand(words));
  return found;
}

/** Data of the user's own: the numbers are those of the command line, and what is wrong is said before a training. */
export function ownTests(lab: () => Lab): void {
  test("trains on a folder of images, chosen or dropped, and shows some of each class", async () => {
    const folder = join(lab().folder, "digits");
    await putDigits(folder, 120);
    put(join(folder, "notes.txt"), "x");
    const { page, said } = await lab().open(
      "#train.data=table&train.epochs=2&train.hidden=10&train.threads=1&at=train",
    );
    await page.getByLabel("a folder (or drop it here)").setInputFiles(folder);
    await page.getByText("digits: 120 images: 80 to train on, 20 to validate, 20 to test, drawn by seed 0").waitFor();
    await page.getByText("Note: this was not read as images: notes.txt.").waitFor();
    const looks = page.getByRole("list", { name: "Some images of each class" });
    await soon(() => looks.getByRole("listitem").count()).toBe(4);
    expect(
      await looks
        .locator("canvas")
        .first()
        .evaluate((canvas: HTMLCanvasElement) => canvas.width),
    ).toBe(6 * 29 - 1);
    expect((await wordsOf(page)).slice(0, 3)).toEqual(["train", "--data", "./digits"]);
    const chosen = await isThatOfCommand(page, { "./digits": folder });
    await page.locator(".weights img").waitFor();

    const again = await lab().open(
      "#train.data=moons&train.epochs=2&train.hidden=10&train.batch=10&train.threads=1&at=train",
    );
    await again.page.locator("#train-status").waitFor();
    await dropped(again.page, [folder]);
    await again.page.getByText("digits: 120 images").waitFor();
    await again.page
      .getByText(/Set for these data: batches of 20 and .*adam\. As you had it: 10 hidden units, 2 epochs/)
      .waitFor();
    await setTo(again.page, "size (empty: as they are)", "14x10");
    const small = await isThatOfCommand(again.page, { "./digits": folder });
    expect((await wordsOf(again.page))[2]).toBe("./digits:size=14x10");
    expect(small.parameters).not.toEqual(chosen.parameters);
    expect([...said, ...again.said]).toEqual([]);
  });

  test("trains on four IDX files, and on arrays of numpy with numbers to predict", async () => {
    const { page, said } = await lab().open("#train.data=table&train.threads=1&at=train");
    await page.getByLabel("a file (or drop it here)").waitFor();
    const folder = join(lab().folder, "idx");
    const bytes = Uint8Array.from({ length: 60 * 16 }, (_, i) => (i * 37 + (i >> 4)) % 256);
    const labels = Uint8Array.from({ length: 60 }, (_, i) => i % 3);
    const names = [
      "train-images-idx3-ubyte",
      "train-labels-idx1-ubyte",
      "t10k-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte",
    ];
    for (const name of names) {
      const isImages = name.includes("images");
      put(join(folder, name), encodeIdx(isImages ? { shape: [60, 4, 4], data: bytes } : { shape: [60], data: labels }));
    }
    await dropped(
      page,
      names.map((name) => join(folder, name)),
    );
    await page.getByText("4 files: 60 training examples: 50 to train on").waitFor();
    await setTo(page, "epochs", "2");
    expect((await wordsOf(page)).slice(0, 5)).toEqual(["train", "--data", "folder", "--data-dir", "."]);
    await isThatOfCommand(page, { ".": folder });

    const file = join(lab().folder, "pairs.npz");
    const x = Float32Array.from({ length: 80 }, (_, i) => ((i * 13) % 40) / 20 - 1);
    const y = Float32Array.from({ length: 40 }, (_, i) => 100 * x[2 * i]! * x[2 * i + 1]!);
    put(
      file,
      encodeNpz(
        new Map([
          ["x", { shape: [40, 2], data: x }],
          ["y", { shape: [40], data: y }],
        ]),
      ),
    );
    await page.getByLabel("a file (or drop it here)").setInputFiles(file);
    await page.getByText("pairs.npz: 40 examples: 28 to train on").waitFor();
    const { test: tested } = await isThatOfCommand(page, { "pairs.npz": file });
    expect(tested).toMatchObject({ deterministic: { rmse: expect.any(Number) } });
    expect(said).toEqual([]);
  });

  test("predicts numbers of a table, to the RMSE of the command line", async () => {
    const { page, said } = await lab().open("#train.data=table&train.hidden=8&train.threads=1&at=train");
    const file = join(lab().folder, "trees.csv");
    const rows = Array.from({ length: 60 }, (_, i) =>
      [i % 9, ["oak", "elm"][i % 2], 3 * (i % 9) + 10 * (i % 2) + (i % 5) / 7].join(),
    );
    put(file, `age,kind,height\n${rows.join("\n")}\n`);
    await page.getByLabel("a file (or drop it here)").setInputFiles(file);
    await page.getByText("trees.csv: 60 rows, 3 columns.").waitFor();
    expect(await page.getByLabel("column to predict").inputValue()).toBe("kind");
    await page.getByLabel("column to predict").selectOption("height");
    expect(await page.getByLabel("predicted as").inputValue()).toBe("");
    await setTo(page, "epochs", "3");
    await isThatOfCommand(page, { "trees.csv": file });
    const heads = page.locator("#train-scores thead th");
    expect(await heads.allInnerTexts()).toEqual(["validation", "RMSE", "sampled", "MSE", "sampled"]);
    const { test: tested } = JSON.parse((await page.locator("[data-result]").getAttribute("data-result"))!);
    expect(await page.locator("#train-scores .test td").first().innerText()).toBe(
      String(Number(tested.deterministic.rmse.toPrecision(4))),
    );
    await page.getByRole("img", { name: /^RMSE against steps/ }).waitFor();
    // Rewinding continues to the same numbers.
    await page.getByLabel("show the weights").press("Home");
    await page.getByLabel("show the weights").press("ArrowRight");
    await page.getByRole("button", { name: "Continue from here" }).click();
    const { test: again } = await ended(page);
    expect(again).toEqual(tested);
    // Another file of the same name is other data, whatever the link says.
    await page.getByRole("button", { name: "Keep this run" }).click();
    const buffer = Buffer.from(`age,kind,height\n${rows.map((row) => `${row}1`).join("\n")}\n`);
    await page
      .getByLabel("a file (or drop it here)")
      .setInputFiles({ name: "trees.csv", mimeType: "text/csv", buffer });
    await page.getByText("of other settings: the file as it was").waitFor();
    expect(await page.getByLabel("column to predict").inputValue()).toBe("height");
    expect(await page.locator("#train-runs tbody th").allInnerTexts()).toEqual([
      expect.stringContaining("not trained yet"),
    ]);
    await page.getByLabel("show the weights").press("Home");
    expect(await page.getByRole("button", { name: "Continue from here" }).isDisabled()).toBe(true);
    expect(said).toEqual([]);
  });

  test("says before a training what is wrong with data, network and training", async () => {
    const { page, said } = await lab().open("#train.data=moons&train.network=conv&at=train");
    await page
      .getByText("conv: stages[0]: conv reads images [rows, columns] or [rows, columns, channels], received [2]")
      .waitFor();
    await page.getByLabel("hidden part").selectOption("mlp");
    await soon(() => page.getByText("conv: stages[0]").count()).toBe(0);
    await setTo(page, "batch", "2000");
    await page.getByText("A batch of 2,000 is more than 1,000 examples: each step takes all of them.").waitFor();
    await page.getByText("your own", { exact: true }).click();
    for (const [content, sentence] of [
      ["", "data: a.csv cannot be read (it is empty)"],
      ["a,b\n", "data: a.csv must have at least 3 lines below its header, received 0"],
      ["c\n1\n2\n3\n", "data: a.csv must have a column beside the target to predict it from"],
      ["a,b\n1,x\n2,x\n3,x\n4,x\n", 'data: a.csv: column b must have at least 2 classes, all rows have "x"'],
      ["a,b\n1,\n2,\n3,\n4,\n", "data: a.csv must have at least 3 rows with the target, but 4 of 4 rows lack b"],
    ] as const) {
      await page
        .getByLabel("a file (or drop it here)")
        .setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: Buffer.from(content) });
      await page.getByText(sentence).waitFor();
    }
    const folder = join(lab().folder, "one");
    put(join(folder, "cat/1.png"), readFileSync("docs/pictures/lab-train.png"));
    await page.getByLabel("a folder (or drop it here)").setInputFiles(folder);
    await page
      .getByText("data: ./one must have a folder of PNG or JPEG files for each of at least 2 classes, it has only cat")
      .waitFor();
    expect(said).toEqual([]);
  });

  test("stops within a step that takes long, and keeps the end of the last epoch", async () => {
    const { page, said } = await lab().open("", { at: "about:blank" });
    // The page's patience with a step, shortened, so that steps of two seconds are long ones.
    await page.addInitScript(() => {
      const after = window.setTimeout;
      window.setTimeout = ((run: () => void, wait?: number) => after(run, wait === 3000 ? 100 : wait)) as typeof after;
    });
    await page.goto(
      `${lab().url}#train.hidden=800&train.limit=5000&train.batch=5000&train.samples=20&train.threads=1&at=train`,
    );
    await trained(page);
    // Within the second step, of which each is an epoch.
    await page.getByRole("rowheader", { name: "epoch 1" }).waitFor({ timeout: 60_000 });
    await page.waitForTimeout(300);
    await page.locator("#train").getByRole("button", { name: "Stop" }).click();
    const status = page.locator("#train-status");
    await soon(() => status.innerText()).toBe("stopped within a long step: the weights after epoch 1 are kept");
    expect((await loadModel(await saved(page, /weights/))).model.layers).toHaveLength(2);
    await page.goto(`${lab().url}#train.limit=200&train.epochs=1&train.hidden=10&at=train`);
    await soon(() => page.locator("#train-units-0").inputValue()).toBe("10");
    await trained(page);
    await ended(page);
    expect(said).toEqual([]);
  });
}
