import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { annotations } from "./build/annotations.ts";
import { cards } from "./build/cards.ts";
import { cellCards } from "./build/cells.ts";
import { pageChunks, workerChunks } from "./build/chunks.ts";
import { formulasOfPage } from "./build/formulas.ts";
import { licences, noteLicences } from "./build/licences.ts";
import { nodeModules } from "./build/node-modules.ts";
import { policy } from "./build/page-policy.ts";
import { prose } from "./build/prose.ts";
import { refusals } from "./build/refusals.ts";
import { slowness } from "./build/slowness.ts";
import { rowsOfTables } from "./build/tables.ts";
import { words } from "./build/words.ts";

/** The page as a static site in dist/lab. Every address in it is relative, so that it works below any path. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [
    svelte({ configFile: false, compilerOptions: { cssHash: ({ hash, css }) => `s${hash(css).slice(0, 4)}` } }),
    ...[cards(), cellCards(), formulasOfPage(), slowness()],
    ...[prose(), nodeModules(), words(), policy(), noteLicences(), licences()],
  ],
  resolve: {
    alias: [
      { find: /^jpeg-js$/, replacement: `${import.meta.dirname}/build/jpeg-decoder.ts` },
      { find: /^\.\/(?:segments|copies|region)\.ts$/, replacement: `${import.meta.dirname}/build/no-recomputation.ts` },
      { find: /^\.\/debug-nan\/debugger\.ts$/, replacement: `${import.meta.dirname}/build/no-debugger.ts` },
    ],
  },
  worker: {
    format: "es",
    plugins: () => [refusals(), rowsOfTables(), prose(), nodeModules(), noteLicences(), annotations()],
    rolldownOptions: { checks: { ineffectiveDynamicImport: false }, output: { codeSplitting: workerChunks } },
  },
  build: {
    outDir: "../dist/lab",
    emptyOutDir: true,
    target: "es2022",
    // A small file would become a data: address, which the page's policy refuses.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: ["index.html", "words.html"].map((name) => `${import.meta.dirname}/${name}`),
      checks: { pluginTimings: false },
      output: { codeSplitting: pageChunks },
    },
    // One file for all: it is smaller than those of two stations apart.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
  },
});
