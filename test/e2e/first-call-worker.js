import * as library from "./dist/engine.js";
import { firstCalls } from "./first-call.js";

const said = [];
console.warn = (line) => said.push(line);
postMessage({ ...firstCalls(library), said });
