import type { Random } from "./random.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that are not what a reader expects. */
const strange = (random: Random): Json =>
  random.pick<() => Json>([
    () => null,
    () => random.chance(0.5),
    () => -1,
    () => 0,
    () => 0.5,
    () => 2 ** random.below(64),
    () => 1e308,
    () => "",
    () => "nonsense",
    () => "__proto__",
    () => "x".repeat(1 << random.below(16)),
    () => [],
    () => ({}),
    () => [[[]]],
    () => ({ name: "nonsense" }),
    () => nested(1 << random.below(12)),
    () => Array.from({ length: random.below(300) }, (_, i) => i),
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
export function mutateJson(original: unknown, random: Random): unknown {
  const value = structuredClone(original) as Json;
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const all = [...containers(value)].filter((x) => Object.keys(x).length > 0);
    if (all.length === 0) return strange(random);
    const at = random.pick(all) as { [key: string]: Json };
    const key = random.pick(Object.keys(at));
    switch (random.below(5)) {
      case 0:
        delete at[key];
        break;
      case 1:
        at[random.pick(["", "name", "0", "constructor", "units", `${key} `])] = strange(random);
        break;
      case 2:
        at[key] = structuredClone(random.pick(Object.values(random.pick(all)))) as Json;
        break;
      default:
        at[key] = strange(random);
    }
  }
  return value;
}

/** Changes bytes: flips, cuts, repeats, puts others in. */
export function mutateBytes(original: Uint8Array, random: Random): Uint8Array {
  const bytes = Uint8Array.from(original);
  const at = random.below(bytes.length + 1);
  switch (random.below(5)) {
    case 0:
      for (let n = 1 + random.below(4); n > 0; n--) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(20)), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random.below(50)))]);
    default:
      bytes.set(random.bytes(Math.min(8, bytes.length - at)), at);
      return bytes;
  }
}
