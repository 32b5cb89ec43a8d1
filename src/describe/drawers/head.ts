import { showShape, sizeOf } from "../../graph/ndarray.ts";
import type { Head } from "../../models/head.ts";
import type { Spine } from "../spine.ts";
import { sized, type Value } from "./drawer.ts";

/** Whether a function of the head's stands between what it reads and the loss. */
export const isActivated = ({ activation, loss }: Head): boolean =>
  loss !== undefined && activation !== "linear" && activation !== "none";

/** The head: its function, its parameters, the target and the loss, to which the stages' own losses are added. Gives its sizes' letters. */
export function drawHead(spine: Spine, head: Head, input: Value, losses: readonly string[], target: string): string[] {
  const { formula, activation } = head;
  const size = input.size === "1" ? undefined : input.size;
  if (!head.loss) {
    spine.flow(input.letter, [`∂L/∂${input.letter} = 1`]);
    spine.circle("L");
    spine.rightText([`L = ${losses.join(" + ")}${formula ? ` = ${formula.loss}` : ""}, one number`]);
    return [];
  }
  const before = input.letter;
  // The last affine map's letter without its prime, or one that no stage has.
  const predicted = isActivated(head) ? (before.endsWith("′") ? before.slice(0, -1) : "p") : before;
  const written = (text: string): string => inLetters(text, { a: before, p: predicted, t: target });
  const slope = `∂L/∂${before} = ${written(formula?.slope ?? "through the head")}`;
  if (isActivated(head)) {
    spine.flow(sized(input), [slope, "through s and L together"]);
    spine.circle("s");
    spine.leftText([activation]);
    const onward = formula?.predictionSlope;
    const value = { letter: predicted, size, shape: input.shape };
    spine.flow(sized(value), onward === undefined ? [] : [`∂L/∂${predicted} = ${written(onward)}`]);
  } else spine.flow(sized(input), [slope]);
  spine.circle("L");
  const own = formula ? written(formula.loss) : `the loss of the head ${head.kind}`;
  spine.rightText([`L = ${[own, ...losses].join(" + ")}, one number`]);
  const fields = Object.entries(head.fields);
  if (fields.length > 0)
    spine.side({
      letter: target,
      lines: formula?.target ? [formula.target] : fields.map(([name, { shape }]) => `${name} ${showShape(shape)}`),
      ...(formula?.target && { size: sized({ letter: target, size, shape: input.shape }) }),
      back: [],
    });
  drawParameters(spine, head, written);
  return size === "q" ? [`q = ${sizeOf(input.shape)} ${formula?.values ?? "outputs"}`] : [];
}

/** The head's own parameters, in a box below the target's. */
function drawParameters(spine: Spine, { row, formula }: Head, written: (text: string) => string): void {
  for (const { name, shape } of row?.parameters ?? []) {
    const { letter, slope } = formula?.parameters?.[name] ?? { letter: name, slope: "" };
    const at = { letter, lines: [`${name} [${shape.join(", ")}]`] };
    spine.below({ ...at, back: [`∂L/∂${letter}${slope && ` = ${written(slope)}`}`] });
  }
}

/** A formula of the head's in the diagram's letters: a what it reads, p its prediction, t the target. */
const inLetters = (text: string, letters: { readonly [letter in "a" | "p" | "t"]: string }): string =>
  text.replace(/(?<![\p{L}])[apt](?![\p{L}\p{M}])/gu, (letter) => letters[letter as keyof typeof letters]);
