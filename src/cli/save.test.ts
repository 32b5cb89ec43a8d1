import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { writeTinyData } from "../../test/support/tiny-data.ts";
import { readNpz } from "../formats/npy.ts";
import { loadModel } from "../predict/load-model.ts";
import { heaviside } from "./testing.ts";

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

test("save writes parameters by name as .npz and .mat, those of the selected epoch", async () => {
  const [run, npz, mat] = ["run", "weights.npz", "weights.mat"].map((name) => join(folder, name)) as [string, string, string]; // biome-ignore format: one line
  const data = ["--data-dir", writeTinyData(folder), "--hidden", "6", "--backend", "reference"];
  await heaviside("train", ...data, "--epochs", "2", "--batch", "100", "--out", run);
  const { code, out } = await heaviside("save", run, npz);
  expect([code, out]).toEqual([0, `${npz}: 2 kB; parameters by name, for numpy\n`]);
  const { params } = loadModel(await readFile(join(run, "checkpoint.safetensors")));
  const found = readNpz(await readFile(npz), "npz");
  expect([...found.keys()].sort()).toEqual(["hidden1.bias", "hidden1.weight", "output.bias", "output.weight"]);
  expect(found.get("hidden1.weight")).toEqual({
    type: "float32",
    shape: [16, 6],
    data: params[0]!.weight!.data,
  });
  expect((await heaviside("save", run, mat)).code).toBe(0);
  const bytes = await readFile(mat);
  expect(bytes.toString("latin1")).toContain("MATLAB 5.0 MAT-file");
  for (const name of ["hidden1_weight", "output_bias"]) expect(bytes.includes(name), name).toBe(true);
});

test("save names the endings that it knows", async () => {
  const { code, err } = await heaviside("save", folder, join(folder, "weights.csv"));
  expect(code).toBe(1);
  expect(err).toMatch(
    /^heaviside: save: the file must end in .*\.safetensors.*\.npz.*\.mat.*, received .*weights\.csv\n$/s,
  );
});
