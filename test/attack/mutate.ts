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

/** Every object and array within a value, itself included. */
function* containers(value: Json): Generator<Json[] | { [key: string]: Json }> {
  if (typeof value !== "object" || value === null) return;
  yield value;
  for (const inner of Object.values(value)) yield* containers(inner);
}

/** Changes a few places of a JSON value: something strange, another part of it, a key more or less. */
export function mutateJson(original: unknown, draws: Draws): unknown {
  const value = structuredClone(original) as Json;
  for (let changes = 1 + draws.below(3); changes > 0; changes--) {
    const all = [...containers(value)].filter((x) => Object.keys(x).length > 0);
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
        at[key] = structuredClone(draws.of(Object.values(draws.of(all)))) as Json;
        break;
      default:
        at[key] = strange(draws);
    }
  }
  return value;
}
