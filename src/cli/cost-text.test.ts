import { expect, test } from "vitest";
import type { Account } from "../cost/account.ts";
import { classes, conv, dense, gatedConv, network, residual } from "../models/index.ts";
import type { StageSpec } from "../models/stage.ts";
import { costText } from "./cost-text.ts";

const gates = { blocks: 2, gate: { name: "top-k", k: 1 } } as const;
const around = (options: object) => residual({ stages: [conv({ features: 2 })], ...options });

/** The text of what a network of images costs, in one line. */
function textOf(stages: readonly StageSpec[], training: Partial<Account>, inference: Partial<Account> = {}): string {
  const model = network({ input: [4, 4, 2], stages: [...stages, dense({})], head: classes(2) });
  const account = { dense: 200, done: 100, open: [] };
  const accounts = { training: { ...account, ...training }, inference: { ...account, ...inference } };
  const setting = { bold: (text: string) => text, columns: 110 };
  return costText({ accounts, timings: [] }, model, setting).replaceAll(/\s+/g, " ");
}

test("says of stochastic depth that shares are of images, drawn once, and that inference skips nothing", () => {
  const text = textOf([around({ keep: 0.5 })], { open: [0.87, 0.39] });
  expect(text).toContain("times fewer not skipped");
  expect(text).toContain("87.00%, 39.00%");
  expect(text).toContain("the share of images that take it in a training step. They are drawn once for this count");
  expect(text).toContain("At inference all images take it.");
  expect(text).not.toMatch(/spikes|block/);
});

test("says of a learned residual gate that shares are of images, and why training saves nothing", () => {
  const gated = textOf([around({ gate: "straight-through" })], {}, { open: [0.25] });
  expect(gated).toContain("of a residual stage with a gate: the share of images for which the gate is open.");
  expect(gated).toContain("needs what skipped stages would have output");
  expect(gated).not.toMatch(/spikes|block|keep/);
});

test("says open blocks where gated blocks are all that is skipped, and each kind where there are several", () => {
  const blocks = textOf([gatedConv({ features: 4, ...gates })], { open: [0.5] }, { open: [0.5] });
  expect(blocks).toContain("times fewer open blocks");
  expect(blocks).not.toMatch(/[Nn]ot skipped/);
  const both = textOf([around({ keep: 0.5 }), gatedConv({ features: 4, ...gates })], { open: [0.5, 0.6] });
  expect(both).toMatch(/times fewer not skipped.*gated blocks: the share of blocks.*with keep: the share of images/);
});
