// DuckDB's summary of the CSV file that is named: types, ranges, distinct values, quartiles, missing cells.
import { createRequire } from "node:module";

const { DuckDBInstance } = createRequire(new URL("../../../test/duckdb/package.json", import.meta.url))(
  "@duckdb/node-api",
);
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const found = await connection.runAndReadAll(
  `SUMMARIZE SELECT * FROM read_csv('${process.argv[2].replaceAll("'", "''")}')`,
);
console.log(found.getRows().length);
