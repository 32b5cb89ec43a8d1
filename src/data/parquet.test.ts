import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { parquetCells } from "./parquet.ts";
import { table } from "./table.ts";
import { readCells } from "./table-text.ts";

let folder: string;
folderForAllTests((own) => {
  folder = own;
});
const species = Array.from({ length: 30 }, (_, i) => ["setosa", "virginica"][i % 2]!);
const columnData = [
  { name: "petal", data: species.map((_, i) => i / 8), type: "DOUBLE" as const },
  { name: "flag", data: species.map((_, i) => i % 3 === 0), type: "BOOLEAN" as const },
  { name: "species", data: species, type: "STRING" as const },
];

function written(name: string, data: Parameters<typeof parquetWriteBuffer>[0]["columnData"] = columnData): string {
  const file = join(folder, name);
  writeFileSync(file, new Uint8Array(parquetWriteBuffer({ columnData: data })));
  return file;
}

test("cells are those of a CSV file, and lines are rows", async () => {
  const holes = written("holes.parquet", [
    { name: "x", data: [1.5, null, Number.NaN, 2 ** 40], type: "DOUBLE" },
    { name: "big", data: [2n ** 60n, -5n, 0n, null], type: "INT64" },
    { name: "text", data: ["a,b", "", null, "12"], type: "STRING" },
  ]);
  expect(await readCells(holes)).toEqual({
    columns: ["x", "big", "text"],
    lines: [
      { line: 1, cells: ["1.5", "1152921504606846976", "a,b"] },
      { line: 2, cells: ["", "-5", ""] },
      { line: 3, cells: ["", "0", ""] },
      { line: 4, cells: ["1099511627776", "", "12"] },
    ],
  });
  expect((await parquetCells(readFileSync(holes), holes, (name) => !["big"].includes(name))).lines[0]).toEqual({
    line: 1,
    cells: ["1.5", "", "a,b"],
  });
});

test("a data set from Parquet is that from CSV", async () => {
  const options = { target: "species", omit: ["flag"] };
  const csv = join(folder, "a.csv");
  writeFileSync(csv, `petal,flag,species\n${species.map((name, i) => `${i / 8},${i % 3 === 0},${name}`).join("\n")}\n`);
  const [found, wanted] = [
    await table.load({ file: written("a.parquet"), ...options }),
    await table.load({ file: csv, ...options }),
  ];
  expect(found.fields).toEqual(wanted.fields);
  for (const split of ["train", "valid", "test"] as const) expect(found[split]).toEqual(wanted[split]);
});

test("text that isn't UTF-8 is refused with its column", async () => {
  const file = written("bytes.parquet", [{ name: "name", data: [new Uint8Array([0xff, 0xfe])], type: "BYTE_ARRAY" }]);
  await expect(parquetCells(readFileSync(file), file)).rejects.toThrow(
    `data: ${file}: column name must hold text in UTF-8, it holds something else`,
  );
});
