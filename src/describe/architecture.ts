import { sizeOf } from "../graph/index.ts";
import type { Model } from "../models/model.ts";

/** A model in a few characters: 784-400-10; with gates 784-128×64-10, gater 784-400-128. */
export function architecture({ inputShape, layers }: Model): string {
  const [main, gaters] = [[sizeOf(inputShape)] as (number | string)[], [] as string[]];
  let gater: (number | string)[] = [];
  for (const { name, input, output, gates } of layers) {
    if (name.startsWith("gater")) gater = [...(gater.length > 0 ? gater : [sizeOf(input)]), sizeOf(output)];
    else {
      if (gates) main.push(gates.width === 1 ? gates.blocks : `${gates.blocks}×${gates.width}`);
      main.push(sizeOf(output));
      if (gater.length > 0) gaters.push(`gater ${gater.join("-")}`);
      gater = [];
    }
  }
  return [main.join("-"), ...gaters].join(", ");
}
