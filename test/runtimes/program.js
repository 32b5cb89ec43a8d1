// Run by each runtime, beside the packed library: trains, saves, and predicts by both entries. Prints what it found as JSON.
import { writeFile } from "node:fs/promises";
import * as library from "heaviside";
import { predictor } from "heaviside/inference";
import { learn } from "./learn.js";

const [, , file] = process.argv;
const backend = await library.backend("wasm", { threads: 2 });
const { bytes, seen } = await learn(library, backend);
const { threads } = backend.info();
await backend.close();

await writeFile(file, bytes);
const predict = await predictor(file);
const x = Array.from({ length: 6 }, (_, i) => Math.fround(Math.sin(1 + i)));
console.log(JSON.stringify({ threads, seen, inference: [...predict(x).probabilities] }));
