import { type Axis, cells, type Draw, logistic } from "../../laws/index.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";

const logit = (p: number): number => Math.log(p) - Math.log(1 - p);

/** Where only the first draw decides, and the others may stand at their middle because the law isn't about them. */
export const firstDraw = (a: number, { index }: Draw): Axis => cells(index === 0 ? [sigmoid(a)] : []);

/** A Concrete value that is stretched and clipped: panels end where it meets 0 and 1. */
export const stretched =
  ({ temperature, gamma, zeta }: Readonly<Record<string, string | number>>) =>
  (a: number): Axis => {
    const [low, high] = [Number(gamma), Number(zeta)];
    const meets = [-low, 1 - low].map((x) => a - Number(temperature) * logit(x / (high - low)));
    return logistic([...meets, a]);
  };

/**
 * The draw that decides a bit, and the draw for noise given the bit: fine panels where the relaxed value is steep, coarse ones
 * elsewhere, since both draws are integrated over together.
 */
export const givenTheBit = (a: number, { index }: Draw): Axis =>
  index === 0 ? logistic([a], 2.2) : logistic(Math.abs(a) < 3 ? [] : [Math.abs(a)], 5);
