import { UserError } from "../../../src/errors.ts";

/** What a page says of something that was thrown. */
export const sentenceOf = (error: unknown): string =>
  error instanceof UserError
    ? error.message
    : `this is a mistake in the lab: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
