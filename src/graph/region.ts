import type { Tensor } from "./tensor.ts";

/** Tensors that were made together, and that gradients compute again instead of reading them. */
export type Region = symbol;

/** A region of which nothing is there yet. */
export const newRegion = (): Region => Symbol("region");

const regions = new WeakMap<Tensor, Region>();
let current: Region | undefined;

/** What `f` gives; the tensors that it makes belong to the region, or to none. */
export function inRegion<T>(region: Region | undefined, f: () => T): T {
  const before = current;
  current = region;
  try {
    return f();
  } finally {
    current = before;
  }
}

/** What `f` gives; gradients read the tensors that it makes. */
export const outsideOfRegions = <T>(f: () => T): T => inRegion(undefined, f);

/** The region in which tensors are being made. */
export const currentRegion = (): Region | undefined => current;

/** Told of each tensor. */
export function noteRegion(x: Tensor): void {
  if (current) regions.set(x, current);
}

/** The region that a tensor was made in. */
export const regionOf = (x: Tensor): Region | undefined => regions.get(x);
