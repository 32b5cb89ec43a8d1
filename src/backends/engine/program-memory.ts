import { sizeOf } from "../../graph/ndarray.ts";
import { INPUTS, type Plan } from "../../plan/plan.ts";
import type { Program } from "../backend.ts";
import { encode } from "./encode.ts";
import { NOWHERE, type Pager, type Tenant } from "./pager.ts";

/** What a program has in the heap: its words, its table of pointers, constants, arena, and inputs that are handed over. */
export class ProgramMemory implements Tenant {
  used = 0;
  came = 0;
  bytes = 0;
  /** Of the program's words, and of the table of pointers. */
  words = NOWHERE;
  bases = NOWHERE;
  /** What the table holds: arena, constants, then one address for each input. */
  addresses: number[] = [];
  readonly #pager: Pager;
  readonly #plan: Plan;
  /** Bytes of each input that is handed over; none for those that live on the backend. */
  readonly #own: readonly (number | undefined)[];
  #taken: number[] = [];

  constructor(plan: Plan, program: Program, pager: Pager) {
    this.#plan = plan;
    this.#pager = pager;
    this.#own = program.inputs.map((x, i) => (x.resident ? undefined : sizeOf(plan.inputs[i]!.shape) * 4));
  }

  /** Into the heap, for `owner`; nothing is kept from an earlier time but what the plan says. Throws UserError where there is no room. */
  bring(owner: object): void {
    if (this.words !== NOWHERE) return;
    const { heap } = this.#pager;
    const { arena, constants, constantSize } = this.#plan;
    const words = encode(this.#plan);
    try {
      const at = this.#take(words.length * 4);
      heap.put(at, words);
      this.bases = this.#take((INPUTS + this.#own.length) * heap.pointerBytes);
      const numbers = this.#take(constantSize * 4);
      for (const { offset, data } of constants) heap.put(numbers + offset * 4, data.data);
      const own = this.#own.map((bytes) => (bytes === undefined ? 0 : this.#take(bytes)));
      this.addresses = [this.#take(arena * 4), numbers, ...own];
      this.addresses.forEach((address, i) => heap.point(this.bases, i, address));
      this.words = at;
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
    this.words = NOWHERE;
  }
}
