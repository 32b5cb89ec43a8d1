import { spawnSync } from "node:child_process";

/** The first Python that has a module: that of HEAVISIDE_PYTHON, the one in the path, the system's own. Undefined where none has. */
export const pythonWith = (module: string): string | undefined =>
  [process.env.HEAVISIDE_PYTHON, "python3", "/usr/bin/python3"]
    .filter((python) => python !== undefined)
    .find((python) => spawnSync(python, ["-c", `import ${module}`]).status === 0);
