import { expect, test } from "vitest";
import { phraseViolations } from "../../test/support/wording.ts";
import { modelFamily } from "../models/options.ts";
import { helpOf, namesOf, type Option, optionsOf } from "../options/index.ts";
import { sections } from "./config.ts";

/** Every declared option with its path, those of every member of every family included. */
function walk(path: string, option: Option, seen: ReadonlySet<unknown>): [string, Option][] {
  const family = option.kind === "spec" ? option.family : undefined;
  if (family && seen.has(family)) return [[path, option]];
  const inside = family ? new Set([...seen, family]) : seen;
  const below = (options: { readonly [name: string]: Option }, at: string): [string, Option][] =>
    Object.entries(options).flatMap(([name, each]) => walk(`${at}.${name}`, each, inside));
  return [
    [path, option],
    ...(option.kind === "group" ? below(option.options, path) : []),
    ...(option.kind === "list" ? walk(`${path}[]`, option.of, seen) : []),
    ...(family ? namesOf(family).flatMap((name) => below(optionsOf(family, name) ?? {}, `${path}:${name}`)) : []),
  ];
}

const all = Object.entries<Option>(sections).flatMap(([name, option]) => walk(name, option, new Set()));

const lines = all.map(([path, option]) => ({ path, option, help: helpOf(option).replace(/ \(default: .*\)$/, "") }));

test("every declared option has a line of help in plain words, of at most 60 characters where it has a flag", () => {
  expect(lines.length).toBeGreaterThan(150);
  const withoutNames = (help: string): string => help.replace(/: [\w-]+(, [\w-]+)+$/, "");
  const long = lines.filter(
    ({ option, help }) => option.flag !== undefined && Array.from(withoutNames(help)).length > 60,
  );
  expect(long.map(({ path, help }) => `${path}: ${help}`)).toEqual([]);
  expect(lines.flatMap(({ path, help }) => phraseViolations({ path, text: help }))).toEqual([]);
  expect(lines.filter(({ help }) => /\.$|when left out|by default/.test(help)).map(({ path }) => path)).toEqual([]);
});

test("the help of --model lists every network that there is", () => {
  const { help } = lines.find(({ path }) => path === "model")!;
  expect(help.replace("a network: ", "").split(", ")).toEqual(namesOf(modelFamily));
});
