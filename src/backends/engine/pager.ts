import { UserError } from "../../errors.ts";
import type { Heap } from "./heap.ts";

/** The address of what is not in the heap. */
export const NOWHERE = -1;
/** As `used`: what the call at hand needs is not moved. */
export const PINNED = Number.POSITIVE_INFINITY;

/** Something that holds memory of the heap, can move out of it, and comes back when it is used again. */
export interface Tenant {
  /** The sweep that was to come when it was last used, or PINNED. */
  used: number;
  /** The sweep that was to come when it last came into the heap. */
  came: number;
  readonly bytes: number;
  /** Gives its memory back; on JavaScript's side it keeps what can't be made again. */
  evict(): void;
  /** Gives its memory back for good. */
  free(): void;
}

/**
 * Keeps in the heap what is used, and moves out what is not.
 *
 * JavaScript says that nobody refers to an object any more only between two turns of the event loop, and only after a collection, which
 * memory that it knows nothing of does not bring about. So what no call has used since the sweep before is moved to JavaScript's own
 * memory, where the collector finds it: nothing but its owner refers to it there. What is still wanted comes back at its next use. A
 * sweep is due after as much was taken as stayed, so that moving costs no more than taking did, and steady work moves nothing.
 */
export class Pager {
  readonly heap: Heap;
  readonly #name: string;
  readonly #tenants = new Set<Tenant>();
  /** What is collected gives its memory back at once, if the event loop has a turn. */
  readonly #collected = new FinalizationRegistry<Tenant>((tenant) => this.release(tenant));
  #closed = false;
  /** Since the last sweep. */
  readonly #taken = { bytes: 0, tenants: 0 };
  /** What had been there for a whole sweep and was in use, at the last one. */
  readonly #stayed = { bytes: 0, tenants: 0 };
  /** A sweep comes when this much was taken since the last one, or as much as stayed then, if that is more. */
  readonly least = { bytes: 32 * 2 ** 20, tenants: 4096 };
  /** The sweep to come. */
  epoch = 0;

  constructor(heap: Heap, name: string) {
    this.heap = heap;
    this.#name = name;
  }

  /** How many tenants are in the heap. */
  get size(): number {
    return this.#tenants.size;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Throws UserError where the backend was closed. */
  checkOpen(): void {
    if (this.#closed)
      throw new UserError(
        `${this.#name}: this backend was closed, and what it held is gone: read results before close(), or start another with backend()`,
      );
  }

  /** Bytes → address. Throws UserError where there is no such room even without what is not in use, or no backend any more. */
  take(bytes: number): number {
    this.checkOpen();
    if (this.#isDue(bytes)) this.#sweep();
    try {
      return this.heap.take(bytes);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const tenant of this.#tenants) if (tenant.used !== PINNED) this.#evict(tenant);
      return this.heap.take(bytes);
    }
  }

  #isDue(bytes: number): boolean {
    const [taken, stayed, least] = [this.#taken, this.#stayed, this.least];
    return (
      taken.bytes + bytes > Math.max(least.bytes, stayed.bytes) ||
      taken.tenants >= Math.max(least.tenants, stayed.tenants)
    );
  }

  /** What lies in the heap from now on; `owner` is what has to be collected for it to go. */
  hold(tenant: Tenant, owner: object): void {
    tenant.used = this.epoch;
    tenant.came = this.epoch;
    this.#tenants.add(tenant);
    this.#taken.bytes += tenant.bytes;
    this.#taken.tenants++;
    this.#collected.register(owner, tenant, tenant);
  }

  /** What is wanted no more. */
  release(tenant: Tenant): void {
    this.#forget(tenant);
    tenant.free();
  }

  /** Also from what the registry holds for dead owners: that would keep what has moved out. */
  #forget(tenant: Tenant): void {
    if (this.#tenants.delete(tenant)) this.#collected.unregister(tenant);
  }

  #evict(tenant: Tenant): void {
    tenant.evict();
    this.#forget(tenant);
  }

  #sweep(): void {
    Object.assign(this.#taken, { bytes: 0, tenants: 0 });
    const stayed = Object.assign(this.#stayed, { bytes: 0, tenants: 0 });
    for (const tenant of this.#tenants) {
      if (tenant.used < this.epoch) this.#evict(tenant);
      else if (tenant.came < this.epoch) {
        stayed.bytes += tenant.bytes;
        stayed.tenants++;
      }
    }
    this.epoch++;
  }

  /** Everything goes; nothing is taken afterwards. */
  close(): void {
    this.#closed = true;
    for (const tenant of this.#tenants) this.release(tenant);
    this.heap.close();
  }
}
