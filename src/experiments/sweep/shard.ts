import { UserError } from "../../errors.ts";
import { show } from "../../rules.ts";

/** One machine's part of a sweep: the trials whose number leaves `index` where it is divided by `of`. */
export interface Shard {
  /** From 0, as Slurm and Kubernetes count. */
  readonly index: number;
  readonly of: number;
}

/** A shard as it is typed: `3/8`. Throws UserError, naming `subject`, for anything else. */
export function shardIn(subject: string, text: string): Shard {
  const [, index, of] = /^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? [];
  if (index === undefined || Number(of) === 0)
    throw new UserError(`${subject} must be a shard and their number, such as 0/8, received ${show(text)}`);
  if (Number(index) >= Number(of))
    throw new UserError(`${subject} counts shards from 0: 0/${of} to ${Number(of) - 1}/${of}, received ${show(text)}`);
  return { index: Number(index), of: Number(of) };
}

export const shownShard = ({ index, of }: Shard): string => `${index}/${of}`;

/** A shard's folder below that of its sweep: no two machines write into one. */
export const shardFolder = ({ index, of }: Shard): string => `shard-${index}-of-${of}`;

export const isShardFolder = (name: string): boolean => /^shard-\d+-of-\d+$/.test(name);

/** How many of `n` things, numbered from 0, are a shard's. */
export const sizeOf = (n: number, { index, of }: Shard): number => Math.max(0, Math.ceil((n - index) / of));
