import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";

/** A command and its arguments. */
export type CommandLine = readonly [string, ...string[]];

const NOBODY = 65534;

/**
 * The same command as a process that can write to `folder` alone, whatever paths it is given to write: a user without rights in a mount
 * namespace of its own, where `readable` is read-only and every folder that anybody may write is empty. Without root's rights, Node's
 * permission model instead.
 *
 * Throws where neither is to be had: generated paths are never tried without.
 */
export function confined(folder: string, readable: readonly string[], [command, ...args]: CommandLine): CommandLine {
  if (process.getuid?.() === 0 && hasNamespaces()) {
    chmodSync(folder, 0o777);
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script(folder, readable), command, ...args];
  }
  const flag = ["--permission", "--experimental-permission"].find((name) =>
    process.allowedNodeEnvironmentFlags.has(name),
  );
  if (flag === undefined || command !== process.execPath)
    throw new Error("attack: generated paths need root's rights and unshare, or Node's permission model");
  return [command, flag, "--allow-fs-read=*", `--allow-fs-write=${folder}/*`, "--allow-worker", ...args];
}

/** The folders that are needed are kept at hand in /mnt while empty ones cover all that anybody may write. */
const script = (folder: string, readable: readonly string[]): string => {
  const kept = [folder, ...readable];
  return [
    "set -e",
    "mount -t tmpfs tmpfs /mnt",
    ...kept.map((path, i) => `mkdir /mnt/${i}; mount --bind "${path}" /mnt/${i}`),
    "for covered in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o size=64m tmpfs $covered; done",
    ...kept.map((path, i) => `mkdir -p "${path}"; mount --bind ${i === 0 ? "" : "-o ro "}/mnt/${i} "${path}"`),
    `cd "${folder}"`,
    `exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs "$0" "$@"`,
  ].join("\n");
};

const hasNamespaces = (): boolean =>
  spawnSync("unshare", ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt && setpriv --version"]).status === 0;
