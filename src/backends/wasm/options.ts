// Apart from what knows WebAssembly's types: a program whose compiler has no such types can import heaviside.
export interface LoadOptions {
  /** Whether memory may be shared among threads. */
  readonly shared: boolean;
  /**
   * Where the kernels are served from (default: beside the library's own files): the URL of a folder with all five, which ends in "/", or of one
   * of them. A file keeps its name, which says what it needs; what a bundler adds to it is allowed: "/assets/relaxed-single-B8xq.wasm".
   */
  readonly wasm?: string | { readonly href: string };
  /** False keeps to plain SIMD, whose results are the same on every processor. */
  readonly relaxed?: boolean;
  /**
   * False never switches on V8's revectoriser, which from Node 24 on x86 turns pairs of 128-bit instructions into 256-bit
   * ones; HEAVISIDE_REVECTORIZE=0 in the environment does the same. It is on for all of the process, but only for the
   * hundredth of a second in which the kernels are compiled and checked.
   */
  readonly revectorize?: boolean;
  /**
   * Matrix products in blocks of 6 × 8 or 6 × 16 (default: the faster). Their results are the same, bit for bit. Only
   * with shared memory and relaxed SIMD is there a choice.
   */
  readonly tile?: "narrow" | "wide";
}

export interface WasmOptions extends Omit<LoadOptions, "shared"> {
  /** Threads in all, the calling one included; default: as many as the machine has processors, at most 16. */
  readonly threads?: number;
  /** What `info` says beside what the backend has to say itself. */
  readonly note?: string;
}
