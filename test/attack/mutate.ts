import type { Draws } from "./draws.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that are not what a reader expects. */
const strange = (draws: Draws): Json =>
  draws.of<() => Json>([
    () => null,
    () => draws.oneIn(2),
    () => -1,
    () => 0,
    () => 0.5,
    () => 2 ** draws.below(64),
    () => 1e308,
    () => "",
    () => "nonsense",
    () => "__proto__",
    () => "x".repeat(1 << draws.below(16)),
    () => [],
    () => ({}),
    () => [[[]]],
    () => ({ name: "nonsense" }),
    () => nested(1 << draws.below(11)),
    () => Array.from({ length: draws.below(300) }, (_, i) => i),
  ])();

function nested(depth: number): Json {
  let value: Json = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

type Container = Json[] | { [key: string]: Json };
const isContainer = (value: Json): value is Container => typeof value === "object" && value !== null;

/** Every object and array within a value, itself included, each before those within it. A loop: what was changed before may be nested more deeply than calls. */
function containers(value: Json): Container[] {
  const [found, left] = [[] as Container[], [value]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (!isContainer(next)) continue;
    found.push(next);
    left.push(...Object.values(next).toReversed());
  }
  return found;
}

/** A copy; of what is nested too deeply for one, nothing. */
function cloned(value: Json): Json {
  try {
    return structuredClone(value);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Changes a few places of a JSON value: something strange, another part of it, a key more or less. */
export function mutateJson(original: unknown, draws: Draws): unknown {
  const value = cloned(original as Json);
  for (let changes = 1 + draws.below(3); changes > 0; changes--) {
    const all = containers(value).filter((x) => Object.keys(x).length > 0);
    if (all.length === 0) return strange(draws);
    const at = draws.of(all) as { [key: string]: Json };
    const key = draws.of(Object.keys(at));
    switch (draws.below(5)) {
      case 0:
        delete at[key];
        break;
      case 1:
        at[draws.of(["", "name", "0", "constructor", "units", `${key} `])] = strange(draws);
        break;
      case 2:
        at[key] = cloned(draws.of(Object.values(draws.of(all))));
        break;
      default:
        at[key] = strange(draws);
    }
  }
  return value;
}
