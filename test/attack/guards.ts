/** Objects that all code of a process shares: a key of a file that becomes one of theirs changes what other code does. */
const shared: readonly object[] = [Object, Array, Function, String, Number, Map, Promise].map((of) => of.prototype);
const snapshot = (): string => shared.map((of) => Reflect.ownKeys(of).map(String).join()).join(";");
const before = snapshot();

/** Throws where a prototype that all objects share has another key than at the start, and takes the key away again. */
export function checkPrototypes(): void {
  if (snapshot() === before) return;
  const known = new Set(before.split(/[,;]/));
  for (const of of shared)
    for (const key of Reflect.ownKeys(of)) {
      if (known.has(String(key))) continue;
      Reflect.deleteProperty(of, key);
      throw new Error(`a shared prototype has got the key ${String(key)}`);
    }
  throw new Error("a shared prototype has lost a key");
}
