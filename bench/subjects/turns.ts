import { machineSeconds, othersBetween, ownSeconds, type Reading } from "../../src/measure/load.ts";
import type { Contest, Lane } from "./subject.ts";

/** The values of one lane, one a round, by the names of what was measured; "" where it is only one thing. */
export interface Taken {
  lane: Lane;
  values: ReadonlyMap<string, number[]>;
}

export interface Turns {
  taken: Taken[];
  /** Cores that others kept busy in each round; empty where the system doesn't tell. */
  others: number[];
}

/**
 * Measures every lane once a round, after a first round that doesn't count. Each round begins with another lane: what a lane
 * leaves behind in caches and threads is not always the same one's to find.
 */
export async function takeTurns(
  { lanes }: Contest,
  rounds: number,
  progress: (text: string) => void = () => {},
): Promise<Turns> {
  const taken = lanes.map((lane) => ({ lane, values: new Map<string, number[]>() }));
  const others: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    const before = await reading(lanes);
    const first = round % taken.length;
    for (const { lane, values } of [...taken.slice(first), ...taken.slice(0, first)]) {
      const found = await lane.take();
      if (round === 0) continue;
      for (const [part, value] of Object.entries(typeof found === "number" ? { "": found } : found))
        values.set(part, [...(values.get(part) ?? []), value]);
    }
    const after = await reading(lanes);
    if (round > 0 && before && after) others.push(othersBetween(before, after));
  }
  return { taken, others };
}

async function reading(lanes: readonly Lane[]): Promise<Reading | undefined> {
  const machine = machineSeconds();
  if (machine === undefined) return undefined;
  let own = ownSeconds();
  for (const lane of lanes) own += (await lane.cpuSeconds?.()) ?? 0;
  return { time: performance.now() / 1000, machine, own };
}
