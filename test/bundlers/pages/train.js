// A page that trains: with threads where it is cross-origin isolated, with one where it isn't.
import { backend, datasetFromArrays, mlp, predictor, save, train } from "heaviside";
import { learn } from "./learn.js";

const options = {};
const tell = (value) => fetch(`/report?value=${encodeURIComponent(JSON.stringify(value))}`);
try {
  const wasm = await backend("wasm", { threads: 2, ...options });
  const { seen } = await learn({ datasetFromArrays, mlp, predictor, save, train }, wasm);
  await tell({ threads: wasm.info().threads, ...seen });
} catch (error) {
  await tell({ error: String(error?.stack ?? error) });
}
