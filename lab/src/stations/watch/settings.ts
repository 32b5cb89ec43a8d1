import type { Field } from "../../fields.ts";

/** Runs that stand side by side. */
export const MOST = 4;

/** Names of runs; a "+" in a name is written as %2B. */
const names: Field<readonly string[]> = {
  initial: [],
  rule: `up to ${MOST} names of runs, with + between and none twice`,
  read(text) {
    const read = text === "" ? [] : text.split("+").map((name) => name.replaceAll("%2B", "+").replaceAll("%25", "%"));
    return read.length <= MOST && !read.includes("") && new Set(read).size === read.length ? read : undefined;
  },
  write: (all) => all.map((name) => name.replaceAll("%", "%25").replaceAll("+", "%2B")).join("+"),
};

/** The path of a sweep's folder. */
const name: Field<string> = { initial: "", rule: "the folder of a sweep", read: (text) => text, write: String };

/** The settings of the station. */
export const fields = {
  /** Those that are shown; none: the one that is running. */
  runs: names,
  /** The sweep that is shown; none: one that runs. */
  sweep: name,
};
