import type { Group } from "./group.ts";
import { Heap } from "./heap.ts";
import { dependenciesOf, isWhole, operandsOf, underlying, type Value } from "./value.ts";

/** Groups in the order they run, and the values that are written straight over the input they replace. */
export interface Schedule {
  readonly order: readonly Group[];
  readonly inPlace: ReadonlyMap<Value, number>; // value → input
}

interface Task {
  readonly group: Group;
  priority: number;
  readonly next: Task[]; //   those that read what this one makes
  readonly later: Task[]; //  those that overwrite what this one reads
  waiting: number; //         unfinished tasks it reads from
  blocked: number; //         unfinished tasks that still read what it overwrites
}

/**
 * Orders groups so that each runs after what it reads, and an update in place after everyone who reads the old value and after all groups
 * that may fail, so that a run that fails has changed no state. Where that would go in circles (two states swapped, say), the update gets memory of its own and is copied at the end.
 */
export function schedule(
  groupOf: ReadonlyMap<Value, Group>,
  updates: readonly { readonly input: number; readonly value: Value }[],
  fallible: ReadonlySet<Group> = new Set(),
): Schedule {
  const { tasks, readers } = tasksOf(groupOf);
  const inPlace = new Map<Value, number>();
  const overwrites = new Map<Task, { value: Value; before: Task[] }[]>();
  for (const { input, value } of updates) {
    const group = groupOf.get(value)!;
    if (inPlace.has(value) || fallible.has(group) || !canOverwrite(group, input)) continue;
    inPlace.set(value, input);
    const task = tasks.get(group)!;
    const waitsFor = new Set([...(readers.get(input) ?? []), ...fallible]);
    waitsFor.delete(group);
    const before = [...waitsFor].map((g) => tasks.get(g)!);
    for (const reader of before) reader.later.push(task);
    task.blocked += before.length;
    overwrites.set(task, [...(overwrites.get(task) ?? []), { value, before }]);
  }

  const order: Group[] = [];
  const done = new Set<Task>();
  const ready = new Heap<Task>((a, b) => a.priority - b.priority);
  const stuck = new Set<Task>();
  const offer = (task: Task): void => {
    if (task.waiting > 0) return;
    if (task.blocked > 0) stuck.add(task);
    else {
      stuck.delete(task);
      ready.push(task);
    }
  };
  for (const task of tasks.values()) offer(task);
  while (done.size < tasks.size) {
    const task = ready.pop();
    if (!task) {
      const free = [...stuck].reduce((a, b) => (b.priority < a.priority ? b : a));
      for (const { value, before } of overwrites.get(free)!) {
        if (before.every((t) => done.has(t))) continue;
        inPlace.delete(value);
        for (const reader of before) {
          if (done.has(reader)) continue;
          reader.later.splice(reader.later.indexOf(free), 1);
          free.blocked--;
        }
      }
      offer(free);
      continue;
    }
    done.add(task);
    order.push(task.group);
    for (const next of task.next) {
      next.waiting--;
      offer(next);
    }
    for (const next of task.later) {
      next.blocked--;
      if (next.waiting === 0) offer(next);
    }
  }
  return { order, inPlace };
}

/** A task for each group, waiting for those that it reads from; and the groups that read each input. */
function tasksOf(groupOf: ReadonlyMap<Value, Group>): { tasks: Map<Group, Task>; readers: Map<number, Set<Group>> } {
  const tasks = new Map<Group, Task>();
  for (const group of new Set(groupOf.values()))
    tasks.set(group, { group, priority: group.members[0]!.index, next: [], later: [], waiting: 0, blocked: 0 });
  const readers = new Map<number, Set<Group>>();
  for (const task of tasks.values()) {
    const sources = new Set<Group>();
    for (const member of task.group.members)
      for (const { value } of dependenciesOf(member)) {
        const { make } = underlying(value);
        if (make.kind === "input") readers.set(make.index, (readers.get(make.index) ?? new Set()).add(task.group));
        const from = groupOf.get(value);
        if (from && from !== task.group) sources.add(from);
      }
    task.waiting = sources.size;
    for (const from of sources) tasks.get(from)!.next.push(task);
  }
  hurrySmall([...tasks.values()]);
  return { tasks, readers };
}

/** So many numbers take no more room than one. */
const SMALL = 16;

/**
 * What takes next to no room runs as early as someone waits for it. A learning rate is computed behind all gradients: the updates that are fused with
 * products would wait for it, with all that they read.
 */
function hurrySmall(tasks: readonly Task[]): void {
  const behind = (a: Task, b: Task): number => b.group.stage - a.group.stage;
  for (const task of [...tasks].sort(behind)) {
    if (task.group.members.some(({ size }) => size > SMALL)) continue;
    for (const { priority } of task.next) task.priority = Math.min(task.priority, priority);
  }
}

/** A group may write over an input that it reads itself only element by element, each before it is written. */
function canOverwrite(group: Group, input: number): boolean {
  // A loop's carry takes turns between two places.
  if (group.members.some(({ make }) => make.kind === "loop")) return false;
  return group.members.every((member) =>
    operandsOf(member).every((v) => {
      const { make } = underlying(v.value);
      if (make.kind !== "input" || make.index !== input) return true;
      return v.value.make === make && member.make.kind === "elementwise" && isWhole(v) && v !== member.make.key;
    }),
  );
}
