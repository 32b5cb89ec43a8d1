import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { areInstalled } from "../scripts/side-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "side-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (path: string, value: unknown) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), JSON.stringify(value));
};

describe("the packages of a side folder", () => {
  const complete = () => {
    write("package.json", { dependencies: { "@scope/a": "1.0.0", b: "2.0.0" } });
    write("node_modules/.package-lock.json", {});
    write("node_modules/@scope/a/package.json", { version: "1.0.0" });
    write("node_modules/b/package.json", { version: "2.0.0" });
  };

  it("are there when each has the version asked for", () => {
    complete();
    expect(areInstalled(folder)).toBe(true);
  });

  it("are not when one is missing or old, or npm was interrupted", () => {
    expect(areInstalled(folder)).toBe(false);
    complete();
    write("node_modules/b/package.json", { version: "1.9.0" });
    expect(areInstalled(folder)).toBe(false);
    complete();
    rmSync(join(folder, "node_modules/@scope"), { recursive: true });
    expect(areInstalled(folder)).toBe(false);
    complete();
    rmSync(join(folder, "node_modules/.package-lock.json"));
    expect(areInstalled(folder)).toBe(false);
  });
});
