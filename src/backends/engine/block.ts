import { type Data, type Spec, sizeOf } from "../../graph/ndarray.ts";
import { disposed } from "../backend.ts";
import { NOWHERE, type Pager, type Tenant } from "./pager.ts";

/** One array's place: in the heap, or on JavaScript's side while nobody uses it. */
export class Block implements Tenant {
  used = 0;
  came = 0;
  readonly bytes: number;
  address: number;
  readonly #spec: Spec;
  readonly #pager: Pager;
  #moved: Data | undefined;

  constructor(spec: Spec, pager: Pager) {
    this.#spec = spec;
    this.#pager = pager;
    this.bytes = sizeOf(spec.shape) * 4;
    this.address = pager.take(this.bytes);
  }

  read(): Data {
    if (this.address === NOWHERE) return this.#out().slice();
    return this.#pager.heap.get(this.address, this.#spec);
  }

  write(data: Data): void {
    // An empty array may have lost its memory.
    if (data.length === 0) return;
    if (this.address === NOWHERE) this.#out().set(data);
    else this.#pager.heap.put(this.address, data);
  }

  /** Back into the heap, for `owner`. Throws UserError where there is no room, or it is gone for good. */
  bring(owner: object): void {
    if (this.address !== NOWHERE) return;
    const data = this.#out();
    const address = this.#pager.take(this.bytes);
    this.#pager.heap.put(address, data);
    this.address = address;
    this.#moved = undefined;
    this.#pager.hold(this, owner);
  }

  evict(): void {
    this.#moved = this.#pager.heap.get(this.address, this.#spec);
    this.free();
  }

  free(): void {
    if (this.address !== NOWHERE) this.#pager.heap.give(this.address);
    this.address = NOWHERE;
  }

  /** Gone for good. */
  dispose(): void {
    this.#moved = undefined;
    this.#pager.release(this);
  }

  #out(): Data {
    if (this.#moved) return this.#moved;
    this.#pager.checkOpen();
    throw disposed();
  }
}
