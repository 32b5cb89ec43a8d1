import { join } from "node:path";
import { installIn } from "../scripts/side-folder.ts";

/** Installs the libraries of bench/peers from their own lockfile, unless they are there in the versions asked for. */
export function installPeers(bench: string, say: (line: string) => void): void {
  const announce = () =>
    say("installing jax-js, tfjs and onnxruntime: npm ci --prefix bench/peers (once, about 620 MB)");
  try {
    // The CPU's library comes with the package; what would be downloaded is the GPU's.
    installIn(join(bench, "peers"), announce, { ONNXRUNTIME_NODE_INSTALL: "skip" });
  } catch (error) {
    throw new Error(`--peers: ${error instanceof Error ? error.message : error}; the bench runs without --peers`);
  }
}
