/** A mistake in what the user gave: shown as one message without a stack trace, with a non-zero exit code. */
export class UserError extends Error {
  override name = "UserError";
}

/** A tensor's shape, dtype or an op's argument breaks the op's rule. The message names the op, the rule and what was received. */
export class ShapeError extends UserError {
  override name = "ShapeError";
}

/** What can stop a long call: an AbortSignal, in the words of no runtime's own types. */
export interface StopSignal {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Throws the signal's reason when it is aborted. */
  throwIfAborted(): void;
}
