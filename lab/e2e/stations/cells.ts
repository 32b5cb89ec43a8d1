/** Neurons and cells: membranes, an LSTM's gates, and characters that a network writes. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { cellFor, generate, key, type LoadedModel, loadModel, NdArray, type Tensor } from "../../../src/index.ts";
import { soon } from "../site.ts";
import type { StationTest } from "./station.ts";

export const cells: StationTest = {
  id: "cells",
  picture: "",
  quick: "",
  async ready(page) {
    await page.locator("#cells-sum[data-prediction]").waitFor();
    await page.locator("#cells-strokes[data-done]").waitFor();
  },
  tests(lab) {
    test("todo", () => {});
  },
};
