/** A piece of the path of a dataset or a pattern, from left to right. Nothing but `folders` and `rest` crosses `/`. */
export type Piece =
  | { readonly type: "text"; readonly text: string }
  /** `?`: one character. */
  | { readonly type: "one" }
  /** `*` beside other text: any number of characters, also none. */
  | { readonly type: "some" }
  /** `**` and the slash after it: any number of whole segments. */
  | { readonly type: "folders" }
  /** `**` at the end: whatever follows. */
  | { readonly type: "rest" }
  | { readonly type: "slot"; readonly name: string };

const PIECE = /\{([^{}]*)\}|\*\*\/|\*\*|\*|\?/g;

/** The pieces of a path that `parseUriTemplate` took. */
export function piecesOf(path: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of path.matchAll(PIECE)) {
    if (found.index > end) pieces.push({ type: "text", text: path.slice(end, found.index) });
    end = found.index + found[0].length;
    pieces.push(...special(found[0], found[1], isWholeSegment(path, found.index, end)));
  }
  if (end < path.length) pieces.push({ type: "text", text: path.slice(end) });
  return pieces;
}

function special(text: string, slot: string | undefined, isWhole: boolean): readonly Piece[] {
  if (slot !== undefined) return [{ type: "slot", name: slot }];
  if (text === "**/") return [{ type: "folders" }];
  if (text === "**") return [{ type: "rest" }];
  if (text === "?") return [{ type: "one" }];
  // A segment is never empty to a wildcard: `a/*/b` does not take the key `a//b`.
  return isWhole ? [{ type: "one" }, { type: "some" }] : [{ type: "some" }];
}

function isWholeSegment(path: string, start: number, end: number): boolean {
  return (start === 0 || path[start - 1] === "/") && (end === path.length || path[end] === "/");
}

/** The text that every matching key begins with. */
export function prefixOf(pieces: readonly Piece[]): string {
  const [first] = pieces;
  return first?.type === "text" ? first.text : "";
}

/** The text that every matching key ends with. */
export function suffixOf(pieces: readonly Piece[]): string {
  const last = pieces.at(-1);
  return last?.type === "text" ? last.text : "";
}
