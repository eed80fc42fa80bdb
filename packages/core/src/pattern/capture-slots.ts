import { present } from "../lib/assert.ts";
import type { Piece } from "./pieces.ts";

/** Which parts of a key a slot may take. */
export type SlotRule =
  /** Any characters but a slash, and at least one. */
  | "any"
  | {
      /** The lengths to try, in UTF-16 units, ascending. */
      readonly lengths: readonly number[];
      readonly accepts: (value: string) => boolean;
    };

/** A value for each slot of a pattern, in the order of the pattern. */
export type Captures = readonly { readonly slot: string; readonly value: string }[];

/**
 * What the slots of a pattern stand for in a key; null when the key does not match. Where several
 * readings are possible, wildcards and slots on the left are as short as they can be.
 *
 * Time and space are O(pieces × key), whatever the pattern: a table says, from the right, which
 * rest of the pattern matches which rest of the key, so that nothing is tried twice. A regular
 * expression would backtrack.
 */
export function captureSlots(
  pieces: readonly Piece[],
  key: string,
  ruleOf: (slot: string) => SlotRule,
): Captures | null {
  const width = key.length + 1;
  const table = new Uint8Array((pieces.length + 1) * width);
  const fits = (index: number, at: number): boolean => table[index * width + at] === 1;
  table[pieces.length * width + key.length] = 1;
  for (let index = pieces.length - 1; index >= 0; index -= 1) {
    const piece = present(pieces[index]);
    const rule = piece.type === "slot" ? ruleOf(piece.name) : "any";
    for (let at = key.length; at >= 0; at -= 1) {
      if (stepFrom({ piece, rule, index, key, at, fits }) !== null) table[index * width + at] = 1;
    }
  }
  return fits(0, 0) ? readCaptures({ pieces, key, fits, ruleOf }) : null;
}

interface Position {
  readonly piece: Piece;
  readonly rule: SlotRule;
  readonly index: number;
  readonly key: string;
  readonly at: number;
  /** Whether the pieces from the first index on match the key from the second on. */
  readonly fits: (index: number, at: number) => boolean;
}

/** The shortest step of a piece after which the rest still matches: to which piece, and where. */
type Step = { readonly index: number; readonly at: number } | null;

function stepFrom(position: Position): Step {
  const { piece, key, at } = position;
  switch (piece.type) {
    case "text":
      return key.startsWith(piece.text, at) ? onward(position, at + piece.text.length) : null;
    case "one":
      return isInSegment(key, at) ? onward(position, at + characterLength(key, at)) : null;
    case "some":
      return onward(position, at) ?? (isInSegment(key, at) ? stay(position, at + 1) : null);
    case "folders":
      return onward(position, at) ?? folderStep(position);
    case "rest":
      return onward(position, key.length);
    case "slot":
      return slotStep(position);
  }
}

function onward({ fits, index }: Position, at: number): Step {
  return fits(index + 1, at) ? { index: index + 1, at } : null;
}

function stay({ fits, index }: Position, at: number): Step {
  return fits(index, at) ? { index, at } : null;
}

function folderStep(position: Position): Step {
  const { key, at } = position;
  // Elsewhere than at the start of a segment nobody asks.
  if (at > 0 && key[at - 1] !== "/") return null;
  const slash = key.indexOf("/", at);
  return slash === -1 ? null : stay(position, slash + 1);
}

function slotStep(position: Position): Step {
  const { key, at, rule } = position;
  if (rule === "any") {
    if (!isInSegment(key, at)) return null;
    return onward(position, at + 1) ?? (isInSegment(key, at + 1) ? stay(position, at + 1) : null);
  }
  for (const length of rule.lengths) {
    if (at + length > key.length) return null;
    const step = onward(position, at + length);
    if (step !== null && rule.accepts(key.slice(at, at + length))) return step;
  }
  return null;
}

function isInSegment(key: string, at: number): boolean {
  return at < key.length && key[at] !== "/";
}

function characterLength(key: string, at: number): number {
  return (key.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function readCaptures(match: {
  readonly pieces: readonly Piece[];
  readonly key: string;
  readonly fits: Position["fits"];
  readonly ruleOf: (slot: string) => SlotRule;
}): Captures {
  const { pieces, key, fits, ruleOf } = match;
  const captures: { slot: string; value: string }[] = [];
  let start = 0;
  let [index, at] = [0, 0];
  for (let piece = pieces[0]; piece !== undefined; piece = pieces[index]) {
    const rule = piece.type === "slot" ? ruleOf(piece.name) : "any";
    const step = present(stepFrom({ piece, rule, index, key, at, fits }));
    if (step.index > index) {
      if (piece.type === "slot")
        captures.push({ slot: piece.name, value: key.slice(start, step.at) });
      start = step.at;
    }
    ({ index, at } = step);
  }
  return captures;
}
