// The page's state: all of it stands in the address, so that a link is an experiment and the browser's own buttons undo.
import type { Field } from "./fields.ts";
import { readHash, type Texts, writeHash } from "./hash.ts";

/** Milliseconds within which changes of one setting are one: a slider that is dragged makes one entry of the history. */
const SAME_CHANGE = 1000;
/** Milliseconds between two writes: browsers refuse more than about 20 a second. */
const PACE = 200;

class Address {
  #texts = $state.raw<Texts>(readHash(location.hash));
  #last = { name: "", at: Number.NEGATIVE_INFINITY };
  #pending: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener("popstate", () => this.#read());
    addEventListener("hashchange", () => this.#read());
  }

  get texts(): Texts {
    return this.#texts;
  }

  /** Sets what a name says; undefined takes the name out. */
  set(name: string, text: string | undefined): void {
    if (this.#texts[name] === text) return;
    const { [name]: _, ...others } = this.#texts;
    this.#texts = text === undefined ? others : { ...others, [name]: text };
    const now = performance.now();
    const isSame = this.#last.name === name && now - this.#last.at < SAME_CHANGE;
    this.#last = { name, at: now };
    if (!isSame) {
      this.#write("pushState");
      return;
    }
    this.#pending ??= setTimeout(() => this.#write("replaceState"), PACE);
  }

  /** Takes out all names that begin so, and puts others in their place: one step of the history. */
  replace(prefix: string, texts: Texts): void {
    const others = Object.entries(this.#texts).filter(([name]) => !name.startsWith(prefix));
    this.#texts = { ...Object.fromEntries(others), ...texts };
    this.#last = { name: "", at: Number.NEGATIVE_INFINITY };
    this.#write("pushState");
  }

  /** The hash with another station in view. */
  at(station: string): string {
    return this.with({ at: station });
  }

  /** The hash with other texts; undefined takes one out. */
  with(texts: Readonly<Record<string, string | undefined>>): string {
    const all = Object.entries({ ...this.#texts, ...texts });
    return writeHash(Object.fromEntries(all.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))));
  }

  #write(how: "pushState" | "replaceState"): void {
    clearTimeout(this.#pending);
    this.#pending = undefined;
    history[how](null, "", writeHash(this.#texts) || location.pathname + location.search);
  }

  #read(): void {
    clearTimeout(this.#pending);
    this.#pending = undefined;
    this.#last = { name: "", at: Number.NEGATIVE_INFINITY };
    this.#texts = readHash(location.hash);
  }
}

export const address = new Address();

type Values<F> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** Settings of a station that can be read and set, and what is wrong with those of the address. */
export interface Settings<F> {
  readonly values: Values<F>;
  /** A sentence for each text of the address that breaks a rule: the setting then has its first value. */
  readonly problems: readonly string[];
  /** Sets these in one step of the history. All others have their first values. */
  setAll(values: Partial<Values<F>>): void;
  reset(): void;
}

/** The settings of a station. Each is reactive: it follows the address. */
export function settingsOf<F extends Readonly<Record<string, Field<unknown>>>>(
  station: string,
  fields: F,
): Settings<F> {
  const all = Object.entries<Field<unknown>>(fields);
  const values = {} as Values<F>;
  for (const [key, field] of all) {
    const name = `${station}.${key}`;
    const initial = field.write(field.initial);
    Object.defineProperty(values, key, {
      enumerable: true,
      get() {
        const text = address.texts[name];
        return (text === undefined ? undefined : field.read(text)) ?? field.initial;
      },
      set(value: unknown) {
        const text = field.write(value);
        address.set(name, text === initial ? undefined : text);
      },
    });
  }
  const setAll = (wanted: Partial<Values<F>>): void => {
    const given = new Map(Object.entries<unknown>(wanted));
    const texts = all
      .filter(([key]) => given.has(key))
      .map(([key, { write, initial }]) => [`${station}.${key}`, write(given.get(key)), write(initial)] as const)
      .filter(([, text, initial]) => text !== initial);
    address.replace(`${station}.`, Object.fromEntries(texts));
  };
  return {
    values,
    get problems() {
      return all.flatMap(([key, { read, rule }]) => {
        const text = address.texts[`${station}.${key}`];
        return text === undefined || read(text) !== undefined
          ? []
          : [`The link's ${station}.${key} must be ${rule}; it is “${text}”, so the first value is used.`];
      });
    },
    setAll,
    reset: () => setAll({}),
  };
}
