/** Faults at every moment: no trial is lost, none counts twice, and the results are those of an undisturbed sweep. */
import { describe, expect, it } from "vitest";
import { philoxWords } from "../../random/philox.ts";
import type { TaskProgress } from "../engine/tasks.ts";
import type { SweepPlan } from "./plan.ts";
import { sweepOf } from "./plan.ts";
import type { Ended } from "./pool.ts";
import { type Places, Schedule, type ScheduleOptions, scoreOf, type TrialRecord } from "./scheduling.ts";
import type { Assignment, Outcome } from "./trial.ts";

const machine = { backend: "reference", threads: 1 } as const;
const plan = (file: object): SweepPlan =>
  sweepOf({ space: { x: { from: 0, to: 1 } }, search: "random", ...file }, "s.mjs");
const outcome = ({ trial, until }: Assignment): Outcome => ({
  ...{
    state: "done",
    value: Number(Object.values(trial.point)[0]),
    by: "value",
    better: "lower",
    metric: "value",
    unit: "",
  },
  ...(until !== undefined && { epochs: until }),
  seconds: 0,
});

/** Runs trials that take some turns of the event loop, and loses one as often as `lost` says so. */
class Fake implements Places {
  running = 0;
  readonly room: number;
  readonly #lost: () => boolean;
  #isStopped = false;
  constructor(room: number, lost: () => boolean) {
    this.room = room;
    this.#lost = lost;
  }
  async run(assignment: Assignment, onShare: (share: number | undefined) => void): Promise<Ended> {
    expect(++this.running).toBeLessThanOrEqual(this.room);
    for (let i = 0; i < 1 + (assignment.trial.number % 3); i++) {
      onShare(i / 3);
      await new Promise((done) => setImmediate(done));
    }
    this.running--;
    if (this.#isStopped || this.#lost()) return { state: "lost", error: "killed" } as const;
    return outcome(assignment);
  }
  async stop() {
    this.#isStopped = true;
  }
}

interface Given {
  readonly lost?: () => boolean;
  /** How many there are, or places of another kind. */
  readonly places?: number | Places;
  readonly onProgress?: (at: TaskProgress) => void;
  readonly known?: ReadonlyMap<string, TrialRecord>;
  readonly signal?: AbortSignal;
  readonly onRecord?: (n: number) => void;
  readonly options?: Partial<ScheduleOptions>;
}

/** Runs a plan on fake places; gives its records, and each id as often as it was kept. */
async function run(
  plan: SweepPlan,
  { lost = () => false, places = 3, known = new Map(), signal, onRecord, onProgress, options }: Given = {},
) {
  const kept: (readonly [string, TrialRecord])[] = [];
  const schedule = new Schedule(
    plan,
    typeof places === "number" ? new Fake(places, lost) : places,
    { machine, retries: 1000, backoff: 0, folderOf: ({ id }) => id, ...options },
    {
      ...{ known, done: new Map(), signal: signal ?? new AbortController().signal },
      onProgress: (at) => {
        const { share, secondsLeft } = at;
        onProgress?.(at);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        expect(secondsLeft).not.toBeLessThan(0);
      },
      async onRecord(id, record) {
        kept.push([id, record]);
        onRecord?.(kept.length);
        await Promise.resolve();
      },
    },
  );
  return { records: schedule.run(), kept };
}

const objective = () => 0;
const halving = { base: { epochs: 9, data: "mnist" }, space: { rate: { from: 0.001, to: 1 } }, halving: {} };

describe("Schedule", () => {
  it("has one record for each trial, in their order, whatever the number of places", async () => {
    for (const places of [1, 3, 60]) {
      const { records, kept } = await run(plan({ objective, points: 50 }), { places });
      expect((await records).map(({ trial }) => trial)).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(new Set(kept.map(([id]) => id)).size).toBe(50);
      expect(kept).toHaveLength(50);
    }
  });

  it("loses none and counts none twice where places are lost at random", async () => {
    const undisturbed = await (await run(plan({ objective, points: 300 }))).records;
    let faults = 0;
    for (const seed of [1, 2, 3]) {
      const word = philoxWords([seed, 0], 0);
      const lost = () => word() % 2 === 0 && ++faults > 0;
      const { records, kept } = await run(plan({ objective, points: 300 }), { lost });
      expect(await records).toEqual(undisturbed);
      expect(kept).toHaveLength(300);
    }
    expect(faults).toBeGreaterThan(600);
  });

  it("is stopped after any record, and goes on to the same table", async () => {
    const wanted = plan({ objective, points: 40 });
    const undisturbed = await (await run(wanted)).records;
    for (let stopAfter = 1; stopAfter < 40; stopAfter++) {
      const stopping = new AbortController();
      const first = await run(wanted, {
        signal: stopping.signal,
        onRecord: (n) => n === stopAfter && stopping.abort(new Error("stopped")),
      });
      await expect(first.records).rejects.toThrow("stopped");
      const known = new Map(first.kept);
      const second = await run(wanted, { known });
      expect(await second.records).toEqual(undisturbed);
      expect(second.kept.some(([id]) => known.has(id))).toBe(false);
    }
  });

  it("sets a trial aside whose process ends again and again, with its error, and does the others", async () => {
    let poisoned = 0;
    const wanted = plan({ objective, points: 5 });
    const { records } = await run(wanted, {
      places: 1,
      options: { retries: 2 },
      lost: () => poisoned < 3 && ++poisoned > 0,
    });
    const found = await records;
    expect(found.map(({ state }) => state).sort()).toEqual(["done", "done", "done", "done", "done"]);
    const all = await (await run(wanted, { options: { retries: 2 }, lost: () => true })).records;
    expect(all).toHaveLength(5);
    for (const record of all) expect(record).toMatchObject({ state: "failed", error: "begun 3 times: killed" });
  });

  it("promotes a third of the trials to each rung, though places are lost", async () => {
    const word = philoxWords([5, 0], 0);
    const { records, kept } = await run(plan({ ...halving, points: 27, search: "sobol" }), {
      lost: () => word() % 3 === 0,
    });
    const found = await records;
    const [all, third, ninth] = [0, 1, 2].map((rung) => found.filter((record) => record.rung === rung));
    expect(all).toHaveLength(27);
    // Who leads early goes on, too, and may be overtaken.
    expect(third!.length).toBeGreaterThanOrEqual(9);
    expect(ninth!.length).toBeGreaterThanOrEqual(3);
    const best = all!.toSorted((a, b) => scoreOf(a) - scoreOf(b)).slice(0, 9);
    expect(third!.map(({ trial }) => trial)).toEqual(expect.arrayContaining(best.map(({ trial }) => trial)));
    expect(new Set(kept.map(([id]) => id)).size).toBe(kept.length);
    expect(kept).toHaveLength(found.length);
  });

  it("records nothing after a place failed: what it stopped is as if it hadn't been begun", async () => {
    /** Trial 3's own failure of the place comes while others run; they are lost, or come to an end, as the places stop. */
    class Failing extends Fake {
      readonly #waiting: (() => void)[] = [];
      override async run(assignment: Assignment) {
        if (assignment.trial.number === 3) throw new Error("no space is left");
        if (assignment.trial.number < 3) return outcome(assignment);
        await new Promise<void>((done) => this.#waiting.push(done));
        return assignment.trial.number % 2 === 0 ? outcome(assignment) : ({ state: "lost", error: "stopped" } as const);
      }
      override async stop() {
        for (const done of this.#waiting) done();
      }
    }
    for (const retries of [0, 3]) {
      const places = new Failing(8, () => false);
      const { records, kept } = await run(plan({ objective, points: 20 }), { places, options: { retries } });
      await expect(records).rejects.toThrow("no space is left");
      expect(kept.every(([, { trial, state }]) => trial < 3 && state === "done")).toBe(true);
    }
  });

  it("tells trials that wait in a queue from those that run", async () => {
    const words: string[] = [];
    class Queued extends Fake {
      readonly queues = true;
      override async run(assignment: Assignment, onShare: (share: number | undefined) => void) {
        // The second is taken up, given back, and taken up again.
        if (assignment.trial.number === 1) for (const share of [0, undefined, 0.5]) onShare(share);
        if (assignment.trial.number === 1) return outcome(assignment);
        await new Promise((done) => setImmediate(done));
        return outcome(assignment);
      }
    }
    const places = new Queued(3, () => false);
    const { records } = await run(plan({ objective, points: 3 }), {
      places,
      onProgress: (at) => words.push(at.words.slice(0, 2).join(", ")),
    });
    await records;
    expect(words.slice(0, 3)).toEqual(["1 queued, 1 running", "2 queued, 0 running", "1 queued, 1 running"]);
  });
});
