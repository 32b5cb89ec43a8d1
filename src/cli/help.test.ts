import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { phraseViolations } from "../../test/support/wording.ts";
import { build } from "./main.ts";
import { fakeTerminal } from "./testing.ts";

const program = await build(["start", "experiment"], fakeTerminal().terminal, () => {});

/** A command and those below it, with their names. */
const walk = (command: Command, above: string): [string, Command][] => {
  const name = `${above} ${command.name()}`.trim();
  return [[name, command], ...command.commands.flatMap((below) => walk(below, name))];
};
const isHidden = (command: Command): boolean => (command as unknown as { _hidden?: boolean })._hidden === true;
const all = walk(program, "").filter(([, command]) => !isHidden(command));

/** Every text of a command's help with what it explains: its own, those of its arguments and options. */
const texts = ([name, command]: [string, Command]): [string, string][] => [
  [name, command.description()],
  ...command.registeredArguments.map((argument): [string, string] => [
    `${name} ${argument.name()}`,
    argument.description,
  ]),
  ...command.options.map((option): [string, string] => [`${name} ${option.flags}`, option.description]),
];

describe("the help of every command, argument and option", () => {
  const every = all.flatMap(texts);
  const withoutLists = (text: string): string =>
    text.replace(/ \(default: .*?\)/, "").replace(/: [\w -]+(, [\w -]+)+$/, "");
  // An experiment is described by what it asks.
  const isQuestion = (text: string): boolean => text.endsWith("?");

  test("is there, for all of them", () => {
    expect(all.length).toBeGreaterThan(18);
    expect(every.filter(([what, text]) => text === "" && !what.endsWith("experiment name"))).toEqual([]);
  });

  test("has at most 60 characters, but for lists of names", () => {
    const long = every.filter(([, text]) => !isQuestion(text) && Array.from(withoutLists(text)).length > 60);
    expect(long).toEqual([]);
  });

  test("begins with a small letter or a name, and ends without a full stop", () => {
    const own = every.filter(([what]) => what !== "heaviside");
    expect(
      own.filter(
        ([, text]) =>
          !isQuestion(text) && (/^(?!Adam|Student|LaTeX|Nesterov)[A-Z][a-z]/.test(text) || /\.$/.test(text)),
      ),
    ).toEqual([]);
  });

  test("gives a default as (default: …)", () => {
    expect(
      every.filter(([, text]) => /\((?!default:)[\d.,]+\)|when left out|unless given|by default/.test(text)),
    ).toEqual([]);
  });

  test("is written in plain words", () => {
    expect(every.flatMap(([what, text]) => phraseViolations({ path: what, text }))).toEqual([]);
  });
});
