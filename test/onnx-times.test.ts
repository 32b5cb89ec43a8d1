import { expect, test } from "vitest";
import { committed, PAGE, withTables } from "../scripts/onnx.ts";
import { read } from "./support/repository.ts";

test("the page's times in ONNX Runtime are those of the file", () => {
  expect(withTables(read(PAGE), committed())).toBe(read(PAGE));
});

test("a line has both times and the quartiles of their ratio", () => {
  const ratio = [1.5, 2, 2.5] as const;
  const row = { runtime: "onnxruntime-web", what: "a network", batch: 64, ours: 1.234, other: 25.67, ratio };
  const page = withTables(read(PAGE), { machine: "A processor", date: "2026-01-01", gates: [row], loops: [row] });
  expect(page.split("| a network | web | 64 | 1.23 | 25.7 | 2.0 (1.5–2.5) |")).toHaveLength(3);
  expect(page).toContain("A processor, 2026-01-01:");
});

test("gates save time in both runtimes, for one example and for many", () => {
  const { gates } = committed();
  expect(new Set(gates.map(({ runtime }) => runtime)).size).toBe(2);
  for (const { what, batch, ratio } of gates) expect(ratio[1], `${what}, batch ${batch}`).toBeGreaterThan(1);
});
