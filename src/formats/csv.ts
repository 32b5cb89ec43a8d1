import type { Column } from "./parquet/encode.ts";

/** A cell, in quotes where it needs them (RFC 4180). */
const quoted = (value: Column["values"][number]): string => {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A table as CSV; numbers have all their digits. */
export function csvOf(columns: readonly Pick<Column, "name" | "values">[]): string {
  const rows = columns[0]!.values.map((_, row) => columns.map(({ values }) => values[row]));
  return [columns.map(({ name }) => name), ...rows].map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
}
