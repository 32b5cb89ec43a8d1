/** What an address's hash says: texts by name. */
export type Texts = Readonly<Record<string, string>>;

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Reads "#neuron.a=1.5&train.units=400". What isn't name=value is skipped. */
export const readHash = (hash: string): Texts =>
  Object.fromEntries(
    hash
      .replace(/^#/, "")
      .split("&")
      .map((pair) => /^([\w.-]+)=(.*)$/s.exec(pair))
      .flatMap((match) => (match ? [[match[1]!, decoded(match[2]!)]] : [])),
  );

/** Writes what `readHash` reads, with the characters that a hash may have as they are. */
export const writeHash = (texts: Texts): string => {
  const pairs = Object.entries(texts).map(
    ([name, text]) =>
      `${name}=${encodeURIComponent(text).replace(/%(2C|3A|3D|2B|40)/g, (code) => decodeURIComponent(code))}`,
  );
  return pairs.length === 0 ? "" : `#${pairs.join("&")}`;
};
