// The networks that the station reads from files, and how each is trained. `scripts/lab-networks.ts` trains them anew.

/** The LSTMs that learned to add: with or without peepholes, with an input gate of their own or 1 − forget. */
export interface Variant {
  readonly peepholes: boolean;
  readonly coupled: boolean;
}
export const variants: readonly Variant[] = [false, true].flatMap((coupled) =>
  [false, true].map((peepholes) => ({ coupled, peepholes })),
);

/** Its cell, as the command line writes it. */
export function cellOf({ peepholes, coupled }: Variant): string {
  const options = [...(coupled ? ["inputGate=coupled"] : []), ...(peepholes ? ["peepholes=true"] : [])];
  return options.length === 0 ? "lstm" : `lstm:${options.join(",")}`;
}

/** The name of its file. */
export const nameOf = ({ peepholes, coupled }: Variant): string =>
  `adding-lstm${coupled ? "-coupled" : ""}${peepholes ? "-peepholes" : ""}`;

const addingFlags = (cell: string): string =>
  `--model recurrent --cell ${cell} --units 6 --data adding:length=40 --batch 50 --optimizer adam --rate 0.01 --schedule cosine --clip 1 --epochs 40 --seed 1`;

export const STROKES = "strokes-lstm";

/** What `heaviside train` is given for each, by the name of the file. */
export const networks: Readonly<Record<string, string>> = {
  ...Object.fromEntries(variants.map((variant) => [nameOf(variant), addingFlags(cellOf(variant))])),
  [STROKES]:
    "--model recurrent --cell lstm --units 112 --data strokes:steps=60,spacing=110 --head mixture --batch 50 --optimizer adam --rate 0.004 --schedule cosine --clip 1 --epochs 100",
};

/** The command that trains it. */
export const commandFor = (name: string): string => `npx heaviside train ${networks[name]}`;

/** Where the page finds a network's file. */
export const fileOf = (name: string): string => `networks/${name}.safetensors`;
