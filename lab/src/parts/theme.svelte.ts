const query = matchMedia("(prefers-color-scheme: dark)");

/** The page's colours for what is drawn on a canvas. They change with light and dark. */
class Theme {
  #dark = $state(query.matches);
  readonly #known = new Map<string, readonly number[]>();

  constructor() {
    query.addEventListener("change", () => {
      this.#dark = query.matches;
    });
  }

  /** Red, green and blue of a variable of the style sheet, such as "--c1". Reading it follows light and dark. */
  rgb(name: string): readonly number[] {
    const place = `${this.#dark} ${name}`;
    const known = this.#known.get(place);
    if (known) return known;
    const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const hex = Number.parseInt(text.slice(1), 16);
    const found = [hex >> 16, (hex >> 8) & 255, hex & 255];
    this.#known.set(place, found);
    return found;
  }
}

export const theme = new Theme();
