import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { serve } from "../e2e/browser-server.ts";
import { read } from "../support/repository.ts";

/** Writes the files that a page names, each before its block, into the folder; gives their names. */
export async function writeFilesOf(folder: string, page: string): Promise<string[]> {
  const files = [...read(page).matchAll(/^<!-- file: (\S+) -->\n\n```\w+[^\n]*\n(.*?)^```$/gms)];
  for (const [, name, text] of files) {
    await mkdir(dirname(join(folder, name!)), { recursive: true });
    await writeFile(join(folder, name!), text!);
  }
  return files.map(([, name]) => name!);
}

/** A service that runs. */
export interface Service {
  readonly address: string;
  /** Asks it to stop, and gives its exit code. */
  stop(): Promise<number | null>;
  /** Ends it whatever it does. */
  kill(): void;
}

/** Starts a service on a free port, in a folder, and waits until it says where it listens. */
export async function startService(folder: string, command: string, args: readonly string[]): Promise<Service> {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  const port = /^listening on (\d+)$/.exec(String(line))?.[1];
  if (port === undefined) {
    child.kill("SIGKILL");
    throw new Error(`the service said ${line} and not where it listens`);
  }
  return {
    address: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGTERM");
      return (await ended)[0] as number | null;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

/** Opens a page in the browser and gives what stands in its `output`. */
export async function outputOf(site: string): Promise<unknown> {
  const server = await serve({
    isIsolated: () => false,
    fileOf: (path) => join(site, path === "/" ? "index.html" : path),
  });
  const watch = `<script type="module">
    const timer = setInterval(() => {
      const { textContent } = document.querySelector("output");
      if (textContent === "") return;
      clearInterval(timer);
      fetch("/report?value=" + encodeURIComponent(JSON.stringify(textContent)));
    }, 20);
  </script>`;
  await appendFile(join(site, "index.html"), watch);
  try {
    return await server.open("/");
  } finally {
    await server.close();
  }
}
