import { parseUriTemplate } from "../dataset/uri-template.ts";
import type { Piece } from "./pieces.ts";
import { takeApart } from "./uri-pattern.ts";

/** Any one character in a segment; longer than a character, and so never mistaken for one. */
const IN_SEGMENT = "segment";
/** Any one character. */
const ANYTHING = "anything";

/** The URI of a dataset or a pattern, taken apart in order to be compared with many others. */
export interface UriShape {
  /** All before the path. */
  readonly place: string;
  readonly states: readonly State[];
}

/** One step of a URI that is read from left to right. */
interface State {
  /** What it takes to get to the next state: a character itself, or one of the two above. */
  readonly takes: string;
  /** States that are reached by taking it. */
  readonly next: readonly number[];
  /** States that are reached by taking nothing. */
  readonly free: readonly number[];
}

/** Null for a URI with problems, which meets no other. */
export function uriShapeOf(uri: string): UriShape | null {
  if (!parseUriTemplate(uri).ok) return null;
  const { place, pieces } = takeApart(uri);
  return { place, states: statesOf(pieces) };
}

/**
 * Whether some URI fits both: what one dataset writes, another's pattern may see. Slots and
 * captures stand for any text of one or more characters within a segment, so of two that can
 * never meet because of what their partitions allow it may say that they do.
 */
export function uriShapesOverlap(one: UriShape, other: UriShape): boolean {
  return one.place === other.place && meet(one.states, other.states);
}

/** The same of two URIs as they are written. */
export function uriPatternsOverlap(one: string, other: string): boolean {
  const [a, b] = [uriShapeOf(one), uriShapeOf(other)];
  return a !== null && b !== null && uriShapesOverlap(a, b);
}

/** Walks both at once, over pairs of states; each pair once. */
function meet(a: readonly State[], b: readonly State[]): boolean {
  const width = b.length + 1;
  const seen = new Uint8Array((a.length + 1) * width);
  const open = [0];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (seen[place] === 1) continue;
    const right = place % width;
    const left = (place - right) / width;
    seen[place] = 1;
    if (left === a.length && right === b.length) return true;
    const [from, to] = [a[left], b[right]];
    for (const next of from?.free ?? []) open.push(next * width + right);
    for (const next of to?.free ?? []) open.push(left * width + next);
    if (from === undefined || to === undefined || !common(from.takes, to.takes)) continue;
    for (const next of from.next) for (const then of to.next) open.push(next * width + then);
  }
  return false;
}

function common(a: string, b: string): boolean {
  if (a === ANYTHING || b === ANYTHING || a === b) return true;
  if (a === IN_SEGMENT) return b !== "/";
  return b === IN_SEGMENT && a !== "/";
}

function statesOf(pieces: readonly Piece[]): State[] {
  const states: State[] = [];
  for (const piece of pieces) states.push(...statesAt(piece, states.length));
  return states;
}

/** The states of a piece, the first of which has the number `at`; the last leads past them. */
function statesAt(piece: Piece, at: number): State[] {
  switch (piece.type) {
    case "text":
      return Array.from(piece.text, (takes, offset) => ({
        takes,
        next: [at + offset + 1],
        free: [],
      }));
    case "one":
      return [{ takes: IN_SEGMENT, next: [at + 1], free: [] }];
    case "some":
      return [{ takes: IN_SEGMENT, next: [at], free: [at + 1] }];
    case "slot":
      return [{ takes: IN_SEGMENT, next: [at, at + 1], free: [] }];
    case "folders":
      // Whole segments, each with its slash: between them, inside one, before its slash.
      return [
        { takes: IN_SEGMENT, next: [at + 1], free: [at + 2, at + 3] },
        { takes: IN_SEGMENT, next: [at + 1], free: [at + 2] },
        { takes: "/", next: [at], free: [] },
      ];
    case "rest":
      return [{ takes: ANYTHING, next: [at], free: [at + 1] }];
  }
}
