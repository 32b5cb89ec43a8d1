/** What a terminal or a shell would act on in place of showing it. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Of a character of CONTROL: how ANSI-C quotes write it. */
const escaped = (character: string): string => {
  const code = character.codePointAt(0)!;
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
};

/**
 * A word that a shell takes as the text itself: a POSIX shell where it has no control characters, and otherwise one that knows $'…', as bash,
 * zsh and POSIX.1-2024 do.
 */
export function shellWord(text: string): string {
  if (/^[\w.,:=+/@-]+$/.test(text)) return text;
  if (!CONTROL_IN.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${text.replaceAll(/[\\']/g, "\\$&").replaceAll(CONTROL, escaped)}'`;
}
const CONTROL_IN = new RegExp(CONTROL.source, "u");

/** A text of a file or of the network for a terminal: characters that would move its cursor, colour it or turn lines around are shown as JSON writes them. Lines stay lines. */
export const printable = (text: string): string =>
  text.replaceAll(CONTROL, (character) =>
    character === "\n" || character === "\t"
      ? character
      : `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
