import type { Drawer } from "./drawer.ts";
import { own } from "./own.ts";
import { courseNotes } from "./recurrent.ts";

/** A recurrent stage whose cell is the user's own: a box that stands for all steps. */
export const ownCell: Drawer = {
  draw(spine, place) {
    const [row, other] = place.stage.rows;
    const drawn = own.draw(spine, { ...place, stage: { ...place.stage, rows: [row!] } });
    return {
      ...drawn,
      notes: [
        ...drawn.notes,
        `${row!.name} runs its cell ${row!.activation} at each of ${row!.input[0]} steps; its state goes from step to step.`,
        ...(other
          ? [`${other.name} has the same cell with parameters of its own; both outputs stand side by side.`]
          : []),
        ...courseNotes(place.stage),
      ],
    };
  },
};
