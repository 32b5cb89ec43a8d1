import { sizeOf } from "../../graph/ndarray.ts";
import { INPUTS, type Plan } from "../../plan/plan.ts";
import type { Program } from "../backend.ts";
import { encode } from "./encode.ts";
import { NOWHERE, type Pager, type Tenant } from "./pager.ts";

/** Instructions in the heap: where their words are, and which of the plan's is the first. */
interface Part {
  readonly words: number;
  readonly first: number;
}

/** What a program has in the heap: its words, its table of pointers, constants, arena, and inputs that are handed over. */
export class ProgramMemory implements Tenant {
  used = 0;
  came = 0;
  bytes = 0;
  /** What is run one after the other; state is written by the last alone, which cannot fail. None where the program is not in the heap. */
  parts: readonly Part[] = [];
  /** Of the table of pointers. */
  bases = NOWHERE;
  /** What the table holds: arena, constants, then one address for each input. */
  addresses: number[] = [];
  readonly #pager: Pager;
  readonly #plan: Plan;
  /** Bytes of each input that is handed over; none for those that live on the backend. */
  readonly #own: readonly (number | undefined)[];
  readonly #ends: readonly number[];
  #taken: number[] = [];

  /** With `apart` each instruction is a part of its own. */
  constructor(plan: Plan, program: Program, pager: Pager, { apart = false }: { readonly apart?: boolean } = {}) {
    const { mayFail, instructions } = plan;
    this.#ends = apart
      ? instructions.map((_, i) => i + 1)
      : [...(mayFail > 0 && mayFail < instructions.length ? [mayFail] : []), instructions.length];
    this.#plan = plan;
    this.#pager = pager;
    this.#own = program.inputs.map((x, i) => (x.resident ? undefined : sizeOf(plan.inputs[i]!.shape) * 4));
  }

  /** Into the heap, for `owner`; nothing is kept from an earlier time but what the plan says. Throws UserError where there is no room. */
  bring(owner: object): void {
    if (this.parts.length > 0) return;
    const { heap } = this.#pager;
    const { arena, constants, constantSize, instructions } = this.#plan;
    try {
      const parts = this.#ends.map((end, i) => {
        const first = this.#ends[i - 1] ?? 0;
        const encoded = encode(instructions.slice(first, end));
        const words = this.#take(encoded.length * 4);
        heap.put(words, encoded);
        return { words, first };
      });
      this.bases = this.#take((INPUTS + this.#own.length) * heap.pointerBytes);
      const numbers = this.#take(constantSize * 4);
      for (const { offset, data } of constants) heap.put(numbers + offset * 4, data.data);
      const own = this.#own.map((bytes) => (bytes === undefined ? 0 : this.#take(bytes)));
      this.addresses = [this.#take(arena * 4), numbers, ...own];
      this.addresses.forEach((address, i) => heap.point(this.bases, i, address));
      this.parts = parts;
    } catch (error) {
      this.free();
      throw error;
    }
    this.#pager.hold(this, owner);
  }

  #take(bytes: number): number {
    const address = this.#pager.take(bytes);
    this.#taken.push(address);
    this.bytes += bytes;
    return address;
  }

  evict(): void {
    this.free();
  }

  free(): void {
    for (const address of this.#taken) this.#pager.heap.give(address);
    this.#taken = [];
    this.parts = [];
  }
}
