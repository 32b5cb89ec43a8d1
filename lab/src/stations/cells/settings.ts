import type { Settings } from "../../address.svelte.ts";
import { choice, type Field, number, whole, word } from "../../fields.ts";
import { context, current, type Lane, LENGTHS, sequence, valuesOf } from "./lanes.ts";

const lane = (initial: string, lane: Lane): Field<string> =>
  word(
    initial,
    `${Object.keys(lane.presets).join(", ")}, or ${lane.steps} letters that the page writes${lane.typed ? `, or ${LENGTHS.join(" to ")} numbers from 0 to 1 with commas between` : ""}`,
    (text) => valuesOf(text, lane) !== undefined,
  );
const onOff = choice("off", ["on", "off"]);

export const fields = {
  // Neurons with a membrane.
  input: lane("steps", current),
  context: lane("later", context),
  tau: whole(10, { atLeast: 1, atMost: 40 }),
  longer: whole(6, { atLeast: 1, atMost: 20 }),
  threshold: number(0.5, { atLeast: 0.1, atMost: 1.2 }),
  adaptation: number(0.2, { atLeast: 0.01, atMost: 0.6 }),
  spiking: onOff,
  at: whole(60, { atLeast: 0, atMost: current.steps - 1 }),
  // The LSTM.
  values: lane("example", sequence),
  first: whole(4, { atLeast: 0, atMost: LENGTHS[1] - 1 }),
  second: whole(24, { atLeast: 0, atMost: LENGTHS[1] - 1 }),
  peepholes: onOff,
  coupled: onOff,
  unit: whole(5, { atLeast: 1, atMost: 6 }),
  step: whole(24, { atLeast: 0, atMost: LENGTHS[1] - 1 }),
  // Handwriting.
  seed: whole(1, { atLeast: 0, atMost: 2 ** 31 - 1 }),
  bias: number(0.7, { atLeast: 0, atMost: 3 }),
};

export type Chosen = Settings<typeof fields>["values"];
