/** A pattern over the names of events. */
export interface EventPattern {
  /** What every name that it matches begins with; empty when nothing is certain. */
  readonly prefix: string;
  readonly match: (name: string) => boolean;
}

const LENGTH_MAX = 256;
const WILDCARDS_MAX = 16;
const ALTERNATIVES_MAX = 64;
const WORD = /^[a-z0-9_-]+$/;

/** A segment: how many there may be, and which words it takes; null for any. */
type Segment = "**" | { readonly words: ReadonlySet<string> | null };

/**
 * Compiles a pattern over names in segments with dots between them, as `ticket.*`: `*` is one
 * segment, `**` any number of them, also none, `{a,b}` one of these. All else is itself. A match
 * takes time in proportion to segments of the pattern × segments of the name.
 */
export function compileEventPattern(pattern: string): EventPattern {
  const segments = segmentsOf(pattern);
  const prefix = literalPrefix(pattern);
  return {
    prefix,
    match: (name) => name.startsWith(prefix) && matches(segments, name.split(".")),
  };
}

/** What is wrong with a pattern and how to mend it, without its subject; null when all is well. */
export function eventPatternProblem(pattern: string): string | null {
  if (pattern.length > LENGTH_MAX) return `has more than ${LENGTH_MAX} characters; shorten it`;
  const parts = pattern.split(".");
  const wrong = parts.map(segmentProblem).find((problem) => problem !== null);
  if (wrong !== undefined) return wrong;
  const wild = parts.filter((part) => part === "*" || part === "**");
  if (wild.length > WILDCARDS_MAX)
    return `has ${wild.length} wildcards, and ${WILDCARDS_MAX} at most are taken; use fewer`;
  if (wild.length === parts.length && parts.includes("**"))
    return "matches every event; begin it with a name, as in ticket.**";
  if (wild.length > 0 || parts.some((part) => part.startsWith("{"))) return null;
  return "matches one event only; give the event itself";
}

function segmentProblem(part: string): string | null {
  if (part === "") return "has an empty segment; write names with one dot between them";
  if (part === "*" || part === "**" || WORD.test(part)) return null;
  const alternatives = /^\{([^{}]*)\}$/.exec(part)?.[1]?.split(",");
  if (alternatives === undefined)
    return `has the segment ${JSON.stringify(part)}; a segment is a name in lower case, *, ** or {a,b}`;
  if (alternatives.length > ALTERNATIVES_MAX)
    return `has ${alternatives.length} alternatives in one segment, and ${ALTERNATIVES_MAX} at most are taken; use *`;
  if (alternatives.every((word) => WORD.test(word))) return null;
  return `has the segment ${JSON.stringify(part)}; write names between its braces, with commas`;
}

function segmentsOf(pattern: string): Segment[] {
  return pattern.split(".").map((part): Segment => {
    if (part === "**") return part;
    if (part === "*") return { words: null };
    const alternatives = /^\{([^{}]*)\}$/.exec(part)?.[1]?.split(",");
    return { words: new Set(alternatives ?? [part]) };
  });
}

function literalPrefix(pattern: string): string {
  const wild = pattern.search(/[*{]/);
  const literal = wild === -1 ? pattern : pattern.slice(0, wild);
  // `ticket.**` takes `ticket` too, so the dot before it is not certain.
  return pattern.startsWith("**", wild) && wild > 0 ? literal.slice(0, -1) : literal;
}

/** Only the last `**` is ever tried again, so it is never slower than the product of the two. */
function matches(segments: readonly Segment[], words: readonly string[]): boolean {
  let at = 0;
  let retry = -1;
  let retryFrom = 0;
  for (let place = 0; place < words.length;) {
    const segment = segments[at];
    if (segment === "**") {
      retry = at++;
      retryFrom = place;
    } else if (segment !== undefined && takes(segment, words[place] ?? "")) {
      at++;
      place++;
    } else if (retry !== -1) {
      at = retry + 1;
      place = ++retryFrom;
    } else return false;
  }
  while (segments[at] === "**") at++;
  return at === segments.length;
}

function takes(segment: Exclude<Segment, "**">, word: string): boolean {
  return segment.words === null ? word !== "" : segment.words.has(word);
}
