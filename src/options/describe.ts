import { ruleText } from "../rules.ts";
import { namesOf } from "./family.ts";
import type { Option } from "./option.ts";

/** What a value of the option must be, in words. */
export const ruleOf = (option: Option): string => [...(option.words ?? []), ownRule(option)].join(" or ");

/** The same without the texts that may stand in its place. */
export function ownRule(option: Option): string {
  switch (option.kind) {
    case "number":
      return ruleText(option.rule);
    case "choice":
      return `one of ${option.choices.join(", ")}`;
    case "text":
      return "a text";
    case "boolean":
      return "true or false";
    case "group":
      return `an object of ${Object.keys(option.options).join(", ")}`;
    case "list": {
      const { of, single, least } = option;
      const elements =
        of.kind === "group"
          ? "objects"
          : of.kind === "spec"
            ? `${of.family.noun}s`
            : (({ choice: "these", list: "these", text: "texts" } as Readonly<Record<string, string>>)[of.kind] ??
              "numbers");
      const one = single ? `${of.kind === "spec" ? withArticle(of.family.noun) : ruleOf(of)} or ` : "";
      return `${one}a list of ${elements}${least > 0 ? `, at least ${least}` : ""}`;
    }
    case "spec": {
      const names = namesOf(option.family);
      return names.length > 8
        ? withArticle(option.family.noun)
        : `${withArticle(option.family.noun)}: ${names.join(", ")}`;
    }
    case "map":
      return `an object of ${ruleOf(option.of).replace(/^an? /, "").replace(/:.*$/, "s")}`;
  }
}

export const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

/** What stands for the option when it is omitted; undefined where nothing does. */
export function defaultOf(option: Option): string | undefined {
  const { default: value, usual } = option;
  if (usual !== undefined || value === undefined || typeof value === "function") return usual;
  return short(value);
}

/** A value as it would be typed. */
function short(value: unknown): string {
  if (typeof value === "number" && value !== 0 && Math.abs(value) < 1e-3) return value.toExponential();
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(short).join(" ");
  if (typeof value !== "object" || value === null) return String(value);
  const { name, kind, ...options } = value as { readonly name?: string; readonly kind?: string };
  const pairs = Object.entries(options).map(([key, option]) => `${key}=${short(option)}`);
  return [name ?? kind, pairs.join(",")].filter((part) => part).join(":");
}

/** A flag's line of help. */
export function helpOf(option: Option): string {
  const usual = option.flagUsual ?? defaultOf(option);
  return usual === undefined ? option.description : `${option.description} (default: ${usual})`;
}
