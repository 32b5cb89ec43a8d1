/** What a test needs for every build alike, computed for the first one and kept: definitions in plain loops cost more than the kernels. */
export function remember<T>(): (name: unknown, make: () => T) => T {
  const known = new Map<string, T>();
  return (name, make) => {
    const key = JSON.stringify(name);
    const value = known.get(key) ?? make();
    known.set(key, value);
    return value;
  };
}
