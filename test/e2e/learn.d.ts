import type { Backend } from "../../src/backends/backend.ts";

export interface Seen {
  readonly error: number;
  readonly name: string;
  readonly probabilities: readonly number[];
}

export function learn(
  library: typeof import("../../src/index.ts"),
  backend: Backend,
): Promise<{ bytes: Uint8Array; seen: Seen }>;
