import { textProblem, utf8Length } from "../json/storable-text.ts";

/**
 * The most bytes, as UTF-8, that each text from outside may have. Those that stand in an index
 * stay well below what a row of one can hold (2,704 bytes).
 */
export const TEXT_BYTES_MAX = {
  /** `namespace/name`, also of what is not there. */
  name: 200,
  /** Idempotency keys and correlation ids. */
  key: 512,
  /** Where a fact came from. */
  source: 2_048,
  uri: 2_048,
  version: 1_024,
  /** Who says something. */
  by: 256,
  /** What they say. */
  words: 16_384,
} as const;
export type TextKind = keyof typeof TEXT_BYTES_MAX;

/**
 * Why a text cannot be stored as it is, and how to mend it; empty when it can. Nothing is ever
 * cut or replaced in what names something: two names would become one.
 *
 * @param at - Where it stands: `updates[2].idempotencyKey`.
 */
export function textIssues(at: string, text: unknown, kind: TextKind): string[] {
  if (typeof text !== "string") return [`${at} must be a text; give one`];
  // More code units than bytes there cannot be; so the rest is never read.
  const bytesMax = TEXT_BYTES_MAX[kind];
  if (text.length > bytesMax || utf8Length(text) > bytesMax) {
    return [`${at} has more than ${bytesMax} bytes; shorten it`];
  }
  const problem = textProblem(text);
  return problem === null ? [] : [`${at} holds ${problem}, which cannot be stored; leave it out`];
}

/** The same of a text that names something: it cannot be empty. */
export function nameIssues(at: string, text: unknown, kind: TextKind): string[] {
  return text === ""
    ? [`${at} is empty; give one, or null where that is possible`]
    : textIssues(at, text, kind);
}

/** The same of a text that may be null or absent. */
export function optionalIssues(at: string, text: unknown, kind: TextKind): string[] {
  return text === null || text === undefined ? [] : nameIssues(at, text, kind);
}
