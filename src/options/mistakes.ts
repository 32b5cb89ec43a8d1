import { UserError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { cut, listed, show } from "../rules.ts";

/** Something wrong with what was given. */
export interface Mistake {
  /** Where: ["training", "optimizer", "rate"]; [] for the whole. */
  readonly path: readonly (string | number)[];
  /** What, after the path: "must be a whole number at least 1, received 0". */
  readonly text: string;
}

/** The path as an error shows it. */
export const pathText = (path: Mistake["path"]): string => path.map((key) => cut(String(key))).join(".");

/** Mistakes that a message lists. */
const SHOWN = 20;

/** A mistake whose text takes a search for the name that was meant: nobody searches for those that no message lists. */
export const searched = (path: Mistake["path"], text: () => string): Mistake => ({
  path,
  get text() {
    return text();
  },
});

/** An error about a file or a command line: one line for a mistake, "path: rule, received value". */
export function configError(name: string, mistakes: readonly Mistake[]): UserError {
  const shown = mistakes
    .slice(0, SHOWN)
    .map(({ path, text }) => `${path.length === 0 ? "the config" : pathText(path)}: ${text}`);
  return new UserError(joined(name, shown, mistakes.length));
}

/** An error about what a function was given: "adam: beta1 must be …, received 1". */
export function callError(subject: string, mistakes: readonly Mistake[]): UserError {
  const line = ({ path, text }: Mistake): string => {
    if (path.length === 0) return text;
    return `${pathText(path)}${/^(must|needs) /.test(text) ? "" : ":"} ${text}`;
  };
  return new UserError(joined(subject, mistakes.slice(0, SHOWN).map(line), mistakes.length));
}

function joined(subject: string, shown: readonly string[], all: number): string {
  if (all === 1) return `${subject}${shown[0]!.startsWith("must ") ? "" : ":"} ${shown[0]}`;
  const more = all > shown.length ? [`and ${all - shown.length} more mistakes`] : [];
  return `${subject}:\n${[...shown, ...more].map((line) => `  ${line}`).join("\n")}`;
}

export const received = (rule: string, value: unknown): string => `${rule}, received ${show(value)}`;

/** What other libraries call an option, in small letters: the places where it is here, the first that there is. */
const habits: Readonly<Record<string, readonly string[]>> = {
  lr: ["rate", "optimizer.rate"],
  learningrate: ["rate", "optimizer.rate"],
  rate: ["optimizer.rate"],
  batchsize: ["batch"],
};

const habitual = (key: string, known: readonly string[]): string | undefined => {
  const plain = key.toLowerCase().replaceAll(/[-_]/g, "");
  const places = Object.hasOwn(habits, plain) ? habits[plain]! : [];
  return places.find((place) => known.includes(place.split(".")[0]!));
};

/** Options that are all listed. */
const FEW = 16;

/** What is wrong with a key that isn't known. */
export function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known) ?? habitual(key, known);
  if (meant !== undefined) return `there is no such option, did you mean ${meant}?`;
  if (known.length === 0) return "there is no such option, it has none";
  return `there is no such option, the options are ${known.length > FEW ? listed(known) : known.join(", ")}`;
}
