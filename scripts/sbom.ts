// npm run sbom [FILE]: a software bill of materials in CycloneDX's JSON, printed or written: what npm installs with the package, by npm sbom, and
// the packages whose code is in the package's own files. The same sources give the same bytes.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundledIn, type Package } from "./packages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A component of CycloneDX 1.5, as far as it is used here. */
export interface Component {
  readonly "bom-ref": string;
  readonly type: "library";
  readonly name: string;
  readonly version: string;
  readonly scope?: "required" | "optional" | "excluded";
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
  readonly licenses?: readonly ({ readonly license: { readonly id: string } } | { readonly expression: string })[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

/** A bill of materials. */
export interface Bom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: string;
  readonly version: number;
  readonly metadata: { readonly tools: unknown; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const refOf = ({ name, version }: Package): string => `${name}@${version}`;

/** A package whose code is in the files of `parts`. */
function bundled(one: Package, parts: readonly string[]): Component {
  const { name, version, license, integrity } = one;
  return {
    ...{ "bom-ref": refOf(one), type: "library", name, version, scope: "required" },
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    ...(integrity && {
      hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex") }],
    }),
    ...(license && { licenses: [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }] }),
    properties: parts.map((value) => ({ name: "heaviside:bundled-in", value })),
  };
}

/** The bill of materials. Throws where npm can't make its part. */
export function sbom(): Bom {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only", "--loglevel", "error"];
  const { status, stdout, stderr } = spawnSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`npm sbom ended with exit code ${status}: ${stderr}`);
  const { metadata, components, dependencies, specVersion } = JSON.parse(stdout) as Bom;
  const { name } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { readonly name: string };
  const parts = new Map<string, { readonly one: Package; readonly parts: string[] }>();
  for (const part of ["dist", "lab"] as const)
    for (const one of bundledIn(part)) {
      const entry = parts.get(refOf(one)) ?? { one, parts: [] };
      parts.set(refOf(one), entry);
      entry.parts.push(part === "lab" ? "dist/lab" : "dist");
    }
  const own = metadata.component["bom-ref"];
  return {
    ...{ bomFormat: "CycloneDX", specVersion, version: 1 },
    // npm names the package by its folder. The time and a random number, which it adds, would make every bill another one.
    metadata: { tools: metadata.tools, component: { ...metadata.component, name } },
    components: [...components, ...[...parts.values()].map(({ one, parts }) => bundled(one, parts))],
    dependencies: [
      ...dependencies.map(({ ref, dependsOn }) =>
        ref === own ? { ref, dependsOn: [...dependsOn, ...parts.keys()] } : { ref, dependsOn },
      ),
      ...[...parts.keys()].map((ref) => ({ ref, dependsOn: [] })),
    ],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = `${JSON.stringify(sbom(), null, 2)}\n`;
  const file = process.argv[2];
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}
