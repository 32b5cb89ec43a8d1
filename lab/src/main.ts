import "./app.css";
import { mount } from "svelte";
import App from "./App.svelte";

/** What the page is made with; WebAssembly's SIMD is asked for by a module that has one instruction of it. */
const SIMD = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  10,
  1,
  8,
  0,
  65,
  0,
  253,
  15,
  253,
  98,
  11,
);
const needed: Readonly<Record<string, boolean>> = {
  Worker: "Worker" in window,
  IntersectionObserver: "IntersectionObserver" in window,
  ResizeObserver: "ResizeObserver" in window,
  MessageChannel: "MessageChannel" in window,
  "arrays of 2023": "toSorted" in Array.prototype && "hasOwn" in Object,
  "WebAssembly with SIMD": "WebAssembly" in window && WebAssembly.validate(SIMD),
};
const missing = Object.keys(needed).filter((name) => !needed[name]);
const target = document.getElementById("app")!;
target.replaceChildren();
if (missing.length === 0) mount(App, { target });
else {
  const said = document.createElement("p");
  said.className = "loading";
  said.textContent = `The lab can't run in this browser, which lacks ${missing.join(", ")}. Browsers have had all of it since 2023.`;
  target.append(said);
}
