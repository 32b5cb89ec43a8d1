/** Threads share memory, which a browser allows on cross-origin isolated pages alone. */
export const mayShare = crossOriginIsolated;

/** The threads of a training; 0 asks for all that the machine has. */
export const threadsFor = (asked: number): number =>
  mayShare ? Math.min(16, asked || navigator.hardwareConcurrency || 1) : 1;
