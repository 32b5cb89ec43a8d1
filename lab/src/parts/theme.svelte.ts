const query = matchMedia("(prefers-color-scheme: dark)");

/** The page's colours for what no style sheet reaches, as on a canvas. Whoever reads them is called again when light and dark change. */
class Theme {
  #isDark = $state(query.matches);
  readonly #known = new Map<string, string>();

  constructor() {
    query.addEventListener("change", () => {
      this.#isDark = query.matches;
    });
  }

  get isDark(): boolean {
    return this.#isDark;
  }

  /** The value of a variable of the style sheet, such as "--c1": # and hexadecimal digits, six or three as the build shortens them. */
  colour(name: string): string {
    const place = `${this.#isDark} ${name}`;
    const known = this.#known.get(place) ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    this.#known.set(place, known);
    return known;
  }

  /** Its red, green and blue. */
  rgb(name: string): readonly number[] {
    const digits = this.colour(name).slice(1);
    const all = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
    return [0, 2, 4].map((at) => Number.parseInt(all.slice(at, at + 2), 16));
  }
}

export const theme = new Theme();
