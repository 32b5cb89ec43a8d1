import { UserError } from "../../../src/errors.ts";

/** The page looks at the training after each step, and a step number takes memory. */
const MOST_STEPS = 500_000;

/** Throws UserError for a training of too many steps. */
export function checkSteps(steps: number): void {
  if (steps > MOST_STEPS)
    throw new UserError(`lab: a training here has at most ${MOST_STEPS} steps, this one would have ${steps}`);
}
