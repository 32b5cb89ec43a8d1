import type { Tensor } from "./tensor.ts";

/** What a tensor was made for. */
export interface Part {
  /** In words, as `inPart` was told: a layer, the head, the update; undefined outside of any. */
  readonly name: string | undefined;
  /** The tensor whose derivative it is part of. */
  readonly derivativeOf?: Tensor | undefined;
}

/** All tensors that a function made, in their order, each with what it was made for. */
export type Parts = ReadonlyMap<Tensor, Part>;

let noted: Map<Tensor, Part> | undefined;
let current: Part = { name: undefined };

/** What `f` gives, and the part of each tensor that it made. */
export function withParts<T>(f: () => T): { readonly result: T; readonly parts: Parts } {
  const before = noted;
  const parts = new Map<Tensor, Part>();
  noted = parts;
  try {
    return { result: f(), parts };
  } finally {
    noted = before;
  }
}

/** Told of each tensor. */
export const noteTensor = (x: Tensor): void => void noted?.set(x, current);

function within<T>(part: Part, f: () => T): T {
  const before = current;
  current = part;
  try {
    return f();
  } finally {
    current = before;
  }
}

/** What `f` gives; the tensors that it makes belong to the part of this name, where somebody notes them. */
export const inPart = <T>(name: () => string, f: () => T): T => (noted ? within({ name: name() }, f) : f());

/** What `f` gives; the tensors that it makes belong to the derivative of `node`, and to the part of `node`. */
export const inDerivativeOf = <T>(node: Tensor, f: () => T): T =>
  noted ? within({ name: (noted.get(node) ?? current).name, derivativeOf: node }, f) : f();
