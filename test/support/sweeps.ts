import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Rows of the table that a sweep left in a folder, its head first, without what a clock says. */
export function tableIn(folder: string): string[][] {
  const rows = readFileSync(join(folder, "results.csv"), "utf8").trimEnd().split(/\r?\n/);
  const clock = rows[0]!.split(",").indexOf("seconds");
  return rows.map((row) => row.split(",").filter((_, i) => i !== clock));
}

/** The processes that a process of this machine started; none where it is gone. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
