/** The packages of others: which, under which licences, with which scripts; and the bill of materials. */
import { expect, test } from "vitest";
import { found } from "../scripts/audit.ts";
import { page } from "../scripts/licences.ts";
import { bundledIn, installedWith, locks, optionalBeside, packagesIn } from "../scripts/packages.ts";
import { sbom } from "../scripts/sbom.ts";
import { listFiles, read } from "./support/repository.ts";

/** What a user may get without thinking about it: they ask for a notice at most. */
const permissive = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT OR Apache-2.0"];
/** What may be used to build, beside those; nothing of it is given to a user. MPL-2.0 asks for changed files, and no file is changed. */
const forBuilding = [
  ...permissive,
  "(MIT OR CC0-1.0)",
  "Apache-2.0 AND MIT",
  "BlueOak-1.0.0",
  "CC-BY-4.0",
  "MPL-2.0",
  "Unlicense",
];

test("docs/reference/licences.md is made of the lock files", () => {
  expect(read("docs/reference/licences.md")).toBe(page());
});

test("what a user gets has a permissive licence", () => {
  const all = [...installedWith(), ...bundledIn("dist"), ...bundledIn("lab")];
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter(({ license }) => !permissive.includes(license ?? ""))).toEqual([]);
  expect(optionalBeside().filter(({ license }) => !forBuilding.includes(license ?? ""))).toEqual([]);
});

test.each(locks())("every package of %s has a licence that is allowed, and a checksum", (lock) => {
  const all = packagesIn(lock);
  expect(all.length).toBeGreaterThan(0);
  expect(all.filter(({ license }) => !forBuilding.includes(license ?? ""))).toEqual([]);
  expect(all.filter(({ integrity }) => !integrity?.startsWith("sha512-"))).toEqual([]);
});

/** Packages with a script of their own at their installation, by lock file, and why it isn't needed or is run. */
const scripts: Readonly<Record<string, readonly string[]>> = {
  // It replaces a wrapper by the program that it starts: without it, each start takes a little longer.
  "package-lock.json": ["esbuild"],
  "test/bundlers/package-lock.json": ["esbuild"],
  // They fetch runtimes, which only their tests and notebooks need.
  "test/bun/package-lock.json": ["bun"],
  "test/node22/package-lock.json": ["node"],
  "notebooks/package-lock.json": ["deno"],
  // It chooses a program that was compiled elsewhere; JavaScript does the same without it.
  "test/redis/package-lock.json": ["msgpackr-extract"],
  // Installed with --ignore-scripts: they fetch libraries for graphics processors, and print advertisements.
  "test/onnx/package-lock.json": ["onnxruntime-node", "protobufjs"],
  "bench/peers/package-lock.json": ["core-js", "onnxruntime-node", "protobufjs"],
};

test.each(locks())("no package of %s has a script at its installation but those that were looked at", (lock) => {
  const found = packagesIn(lock).filter(({ hasInstallScript }) => hasInstallScript);
  expect([...new Set(found.map(({ name }) => name))].sort()).toEqual(scripts[lock] ?? []);
});

test("nothing that npm installs with the package has a script of its own", () => {
  expect(installedWith().filter(({ hasInstallScript }) => hasInstallScript)).toEqual([]);
  expect(installedWith().map(({ name }) => name)).toEqual(["node-api-headers"]);
});

test("every dependency is named by one version", () => {
  const ranges = listFiles()
    .filter((path) => /(^|\/)package\.json$/.test(path))
    .flatMap((path) => {
      // A range of an optional package says what its user may have; the lock file of its tests has one version.
      const { dependencies, devDependencies } = JSON.parse(read(path));
      return Object.entries<string>({ ...dependencies, ...devDependencies })
        .filter(([, version]) => !/^(npm:[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${path}: ${name} ${version}`);
    });
  expect(ranges).toEqual([]);
});

test("the bill of materials is CycloneDX, covers what is bundled, and is the same each time", () => {
  const bom = sbom();
  expect(bom).toMatchObject({ bomFormat: "CycloneDX", version: 1 });
  expect(bom.specVersion).toMatch(/^1\.[5-9]$/);
  const { name, version, license } = JSON.parse(read("package.json"));
  expect(bom.metadata.component).toMatchObject({ name, version, purl: `pkg:npm/${name}@${version}` });
  expect(bom.metadata.component.licenses).toEqual([{ license: { id: license } }]);
  const wanted = [...installedWith(), ...bundledIn("dist"), ...bundledIn("lab")];
  const refs = bom.components.map((component) => component["bom-ref"]);
  expect(new Set(refs).size).toBe(refs.length);
  expect([...refs].sort()).toEqual([...new Set(wanted.map(({ name, version }) => `${name}@${version}`))].sort());
  for (const component of bom.components) {
    const { integrity, license } = wanted.find((one) => `${one.name}@${one.version}` === component["bom-ref"])!;
    expect(component.type).toBe("library");
    expect(component.purl).toBe(`pkg:npm/${component.name.replace("@", "%40")}@${component.version}`);
    expect(component.licenses).toEqual([{ license: { id: license } }]);
    const [{ alg, content } = { alg: "", content: "" }] = component.hashes ?? [];
    expect([alg, content.length]).toEqual(["SHA-512", 128]);
    expect(`sha512-${Buffer.from(content, "hex").toString("base64")}`).toBe(integrity);
  }
  // Each has its place in the graph, and the package needs all of them.
  const own = bom.metadata.component["bom-ref"];
  expect(bom.dependencies.map(({ ref }) => ref).sort()).toEqual([own, ...refs].sort());
  expect([...bom.dependencies.find(({ ref }) => ref === own)!.dependsOn].sort()).toEqual([...refs].sort());
  expect(JSON.stringify(bom)).not.toMatch(/timestamp|serialNumber/);
});

test("an audit tells faults that a user gets from others, and no answer from a good one", () => {
  const place = bundledIn("dist")[0]!.place;
  const fault = (at: string) => ({ severity: "high", nodes: [at], via: [{ title: "a hole" }, "another"] });
  const answer = { auditReportVersion: 2, vulnerabilities: { a: fault(place), b: fault("node_modules/vite") } };
  expect(found(JSON.stringify(answer), [place])).toEqual({
    unasked: undefined,
    shipped: ["a, high: a hole; by another"],
    others: ["b, high: a hole; by another"],
  });
  expect(found('{"auditReportVersion":2,"vulnerabilities":{}}', [place])).toEqual({
    unasked: undefined,
    shipped: [],
    others: [],
  });
  expect(found('{"message":"405 Method Not Allowed","statusCode":405}', []).unasked).toBe("405 Method Not Allowed");
  expect(found('{"error":{"summary":"audit endpoint returned an error"}}', []).unasked).toBe(
    "audit endpoint returned an error",
  );
  expect(found("", []).unasked).toBe("npm says nothing");
  expect(found("npm error ENOAUDIT\nmore", []).unasked).toBe("npm error ENOAUDIT");
});
