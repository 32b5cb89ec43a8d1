import { expect, it } from "vitest";
import { runTasks, type Task, type TaskProgress } from "./tasks.ts";

const tasks = (log: string[], done: ReadonlyMap<string, number>): Task<number>[] =>
  ["a", "b", "c"].map((id, i) => ({
    id,
    work: 10 * (i + 1),
    title: `task ${id}`,
    run(onWork) {
      log.push(id);
      onWork(5);
      return Promise.resolve([...done.values()].reduce((sum, x) => sum + x, 1));
    },
  }));

it("does tasks in order, each seeing the records of those before it, and gives the records in that order", async () => {
  const [log, done] = [[] as string[], new Map<string, number>()];
  expect(await runTasks(tasks(log, done), done, {})).toEqual([1, 2, 4]);
  expect(log).toEqual(["a", "b", "c"]);
});

it("does nothing twice: what is known is in `done` from the start, whatever its place", async () => {
  const [log, done, kept] = [[] as string[], new Map<string, number>(), [] as string[]];
  const onRecord = async (id: string) => void kept.push(id);
  expect(await runTasks(tasks(log, done), done, { known: new Map([["b", 7]]), onRecord })).toEqual([8, 7, 16]);
  expect([log, kept]).toEqual([
    ["a", "c"],
    ["a", "c"],
  ]);
});

it("says the task's place among all, and the time left from the work that isn't known yet", async () => {
  const [seen, done] = [[] as TaskProgress[], new Map<string, number>()];
  await runTasks(tasks([], done), done, { known: new Map([["a", 1]]), onProgress: (at) => seen.push(at) });
  expect(seen.map(({ task, title }) => `${task}/3 ${title}`)).toEqual(["2/3 task b", "3/3 task c"]);
  expect(seen.map(({ share }) => share)).toEqual([15 / 60, 35 / 60]);
  // 50 in all beside the known one: 5 done, then 20 + 5.
  for (const [i, left] of [45, 25].entries())
    expect(seen[i]!.secondsLeft * seen[i]!.workPerSecond).toBeCloseTo(left, 9);
});
