import { describe, expect, it } from "vitest";
import { Halver, halvingOf } from "./halving.ts";

describe("halvingOf", () => {
  it("has rungs from the least number of epochs on, the last of which is all of them", () => {
    expect(halvingOf("h", {}, 27)).toEqual({ eta: 3, rungs: [1, 3, 9, 27] });
    expect(halvingOf("h", { eta: 2, least: 3 }, 20)).toEqual({ eta: 2, rungs: [3, 6, 12, 20] });
    expect(() => halvingOf("h", { least: 5 }, 5)).toThrow(
      "h.least must be below the epochs of a training, 5, received 5",
    );
    expect(() => halvingOf("h", { eta: 1 }, 5)).toThrow(
      "h.eta must be a whole number at least 2 and at most 100, received 1",
    );
  });
});

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("Halver", () => {
  /** All jobs in order, where each is done before the next begins. */
  const jobsOf = (halver: Halver, score: (trial: number) => number): string[] => {
    const begun: string[] = [];
    for (let job = halver.next(); job; job = halver.next()) {
      begun.push(`${job.trial}@${job.rung}`);
      halver.report(job, score(job.trial));
    }
    return begun;
  };

  it("promotes the best third of each rung, as soon as it is known", () => {
    const begun = jobsOf(new Halver(upTo(9), { eta: 3, rungs: [1, 3, 9] }), (trial) => trial);
    expect(begun).toEqual(["0@0", "1@0", "2@0", "0@1", "3@0", "4@0", "5@0", "1@1", "6@0", "7@0", "8@0", "2@1", "0@2"]);
  });

  it("does what the paper's algorithm does, written as it stands there", () => {
    for (let seed = 0; seed < 30; seed++) {
      const score = (trial: number) => (trial * 31 + seed * 17) % 23;
      const [eta, top, trials] = [2 + (seed % 3), 1 + (seed % 4), 20 + seed];
      const rungs: number[][] = Array.from({ length: top + 1 }, () => []);
      const promoted: number[][] = Array.from({ length: top + 1 }, () => []);
      const wanted: string[] = [];
      let first = 0;
      const getJob = (): [number, number] | undefined => {
        for (let k = top - 1; k >= 0; k--) {
          const best = rungs[k]!.toSorted((a, b) => score(a) - score(b) || a - b).slice(
            0,
            Math.floor(rungs[k]!.length / eta),
          );
          const promotable = best.filter((trial) => !promoted[k]!.includes(trial));
          if (promotable.length === 0) continue;
          promoted[k]!.push(promotable[0]!);
          return [promotable[0]!, k + 1];
        }
        return first < trials ? [first++, 0] : undefined;
      };
      for (let job = getJob(); job; job = getJob()) {
        wanted.push(`${job[0]}@${job[1]}`);
        rungs[job[1]]!.push(job[0]);
      }
      expect(jobsOf(new Halver(upTo(trials), { eta, rungs }), score)).toEqual(wanted);
    }
  });

  it("promotes one that becomes one of the best later", () => {
    const halver = new Halver(upTo(6), { eta: 3, rungs: [1, 3] });
    for (const score of [5, 1, 9]) halver.report(halver.next()!, score);
    expect(halver.next()).toEqual({ trial: 1, rung: 1 });
    for (const score of [7, 8, 6]) halver.report(halver.next()!, score);
    // Two of six may go on: trial 1 did, trial 0 is the second.
    expect(halver.next()).toEqual({ trial: 0, rung: 1 });
    expect(halver.next()).toBeUndefined();
  });

  it("never promotes a failure, and a score of NaN is one", () => {
    const halver = new Halver(upTo(3), { eta: 3, rungs: [1, 3] });
    for (const score of [Number.NaN, Number.NaN, Number.NaN]) halver.report(halver.next()!, score);
    expect(halver.next()).toBeUndefined();
  });

  it("goes on from what an earlier run left as it would have gone on itself", () => {
    const score = (trial: number) => (trial * 7) % 11;
    for (const stopped of [0, 1, 4, 7, 12]) {
      const [whole, before] = [
        new Halver(upTo(12), { eta: 2, rungs: [1, 2, 4] }),
        new Halver(upTo(12), { eta: 2, rungs: [1, 2, 4] }),
      ];
      const jobs: { trial: number; rung: number }[] = [];
      for (let job = whole.next(); job; job = whole.next()) {
        jobs.push(job);
        whole.report(job, score(job.trial));
      }
      for (const job of jobs.slice(0, stopped)) before.report(job, score(job.trial));
      const after: typeof jobs = [];
      for (let job = before.next(); job; job = before.next()) {
        after.push(job);
        before.report(job, score(job.trial));
      }
      expect(after).toEqual(jobs.slice(stopped));
    }
  });

  it("without halving begins each trial once", () => {
    const halver = new Halver(upTo(4), { eta: 2, rungs: [0] });
    const begun = Array.from({ length: 6 }, () => halver.next());
    expect(begun).toEqual([0, 1, 2, 3].map((trial) => ({ trial, rung: 0 })).concat([undefined, undefined] as never[]));
  });
});
