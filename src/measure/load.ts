/** A reading of the machine's processors, and of our own share in their work. */
export interface Reading {
  /** Seconds since some start. */
  time: number;
  /** Processor seconds spent by everybody, summed over processors. */
  machine: number;
  /** Processor seconds spent by the bench and its engines. */
  own: number;
}

/** The text of a file of the system; throws where there is none, as in a browser. */
const systemFile = (path: string): string => process.getBuiltinModule("node:fs").readFileSync(path, "utf8");

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

/** Processor seconds that all processes, and other guests of the same host, have used; undefined where not told. */
export function machineSeconds(read = () => systemFile("/proc/stat")): number | undefined {
  try {
    const fields = read().split("\n", 1)[0]!.trim().split(/\s+/).slice(1).map(Number);
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
    const total = (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
    return fields.length >= 4 && Number.isFinite(total) ? total : undefined;
  } catch {
    return undefined;
  }
}

/** Processor seconds of this process and of its children that have ended. */
export function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  let children = 0;
  try {
    // After the name in parentheses; the 14th and 15th of these are the ended children's, in hundredths of a second.
    const fields = systemFile("/proc/self/stat").split(") ")[1]!.split(" ").map(Number);
    children = (fields[13]! + fields[14]!) / 100;
  } catch {
    // Only Linux tells; elsewhere the load of others is not known either.
  }
  return (user + system) * 1e-6 + children;
}

/** Cores that others kept busy between two readings. */
export function othersBetween(before: Reading, after: Reading): number {
  const others = after.machine - before.machine - (after.own - before.own);
  return Math.max(0, others / (after.time - before.time));
}

/** From here on a round counts as disturbed: a twentieth of a core. */
export const BUSY = 0.05;

/** The line that says so, or undefined when the machine was ours. */
export function busyLine(others: readonly number[]): string | undefined {
  const disturbed = others.filter((cores) => cores > BUSY);
  if (disturbed.length === 0) return undefined;
  const worst = Math.max(...disturbed).toFixed(2);
  return `busy machine: other processes used up to ${worst} cores in ${disturbed.length} of ${others.length} rounds`;
}
