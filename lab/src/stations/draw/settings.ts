import { type Field, whole } from "../../fields.ts";
import { networkField } from "../../networks.ts";
import { PASSES, type Picture } from "../../worker/draw-messages.ts";
import { PAD, type Stroke } from "../../worker/pen.ts";

/** Test digits of MNIST. */
export const DIGITS = 10_000;
/** Points that a link may have. */
const MOST_POINTS = 2000;

/** A place of the pad as two characters. */
const written = (place: number): string => place.toString(36).padStart(2, "0");

function strokeOf(text: string): Stroke | undefined {
  if (!/^([\da-z]{4})+$/.test(text)) return undefined;
  const places = Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 36));
  return places.every((place) => place >= 0 && place <= PAD) ? places : undefined;
}

/** What is on the pad, as it stands in the address: the number of a test digit or nothing, then strokes, with dots between. */
export const pictureField = (initial: Picture): Field<Picture> => ({
  initial,
  rule: `the number of a test digit, below ${DIGITS}, and strokes`,
  read(text) {
    const [number = "", ...lines] = text.split(".");
    const strokes = lines.map(strokeOf);
    const digit = number === "" ? undefined : Number(number);
    const isDigit = digit === undefined || (/^\d{1,4}$/.test(number) && digit < DIGITS);
    if (!isDigit || text.length > 4 * MOST_POINTS || strokes.includes(undefined)) return undefined;
    return { digit, strokes: strokes as Stroke[] };
  },
  write: ({ digit, strokes }) => [digit ?? "", ...strokes.map((stroke) => stroke.map(written).join(""))].join("."),
});

/** The settings of the station. */
export const fields = {
  network: networkField("binary"),
  /** What is on the pad. The first one is a 9 that passes of the first network take for a 4 and a 7, too. */
  picture: pictureField({ digit: 2426, strokes: [] }),
  /** Of the passes' noise. */
  seed: whole(0, { atLeast: 0, atMost: 2 ** 31 - 1 }),
  /** The pass that is looked at, from 1. */
  pass: whole(1, { atLeast: 1, atMost: PASSES }),
};
