import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

/** Where a run was made. What the system doesn't tell is left out. */
export interface Machine {
  cpu: string;
  cores: number;
  /** Sizes as the system writes them, such as L2: "2048K"; of the first processor. */
  caches?: Record<string, string>;
  memoryGiB: number;
  system: string;
  node: string;
  v8: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  const caches = cacheSizes();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    ...(caches && { caches }),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: [distribution(), `${process.platform} ${release()}`, process.arch].filter(Boolean).join(", "),
    node: process.version,
    v8: process.versions.v8,
  };
}

function tell(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

function cacheSizes(): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (let index = 0; index < 8; index++) {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${index}`;
    const [level, type, size] = ["level", "type", "size"].map((name) => tell(`${folder}/${name}`));
    if (level && size && type !== "Instruction") found[`L${level}`] = size;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

function distribution(): string | undefined {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(tell("/etc/os-release") ?? "")?.[1];
}
