// Run by Deno, from the sources and without a build: prints what a training gives.
import * as library from "../../src/entries/engine.ts";
import { train } from "../e2e/train.js";

const backend = await library.backend("wasm", { threads: 2 });
console.log(JSON.stringify({ threads: backend.info().threads, ...train(library, backend) }));
await backend.close();
