import { parseUriTemplate } from "../dataset/uri-template.ts";
import { present } from "../lib/assert.ts";
import { partitionValueProblem } from "../partition/partition-value.ts";
import type { Partition, PartitionSchemes } from "../spec/partition-spec.ts";
import { type Piece, piecesOf, prefixOf, suffixOf } from "./pieces.ts";
import { captureSlots, type SlotRule } from "./capture-slots.ts";
import { slotRuleOf } from "./slot-rule.ts";

/** A pattern over the URIs of updates. */
export interface UriPattern {
  /** What every URI that it matches begins with: `s3://lake/raw/`. */
  readonly prefix: string;
  /** The values of its captures; null when the URI does not match. */
  readonly match: (uri: string) => Partition | null;
}

/**
 * Compiles `scheme://authority/path` with `{captures}` (one or more characters within a segment),
 * `*`, `?` (neither crosses a slash) and `**` (any number of segments) in the path. Where several
 * readings are possible, what stands on the left is as short as it can be. A match takes time in
 * proportion to the lengths of pattern and URI, whatever they are.
 *
 * @param captures - The schemes of captures: a value that its scheme refuses is no match.
 * @throws {InvariantError} When `uriPatternProblem` finds something.
 */
export function compileUriPattern(uri: string, captures: PartitionSchemes = {}): UriPattern {
  const { pieces, place } = takeApart(uri);
  const rules = new Map<string, SlotRule>(
    Object.entries(captures).map(([name, scheme]) => [name, slotRuleOf(scheme)]),
  );
  const ruleOf = (name: string): SlotRule => rules.get(name) ?? "any";
  const [prefix, suffix] = [place + prefixOf(pieces), suffixOf(pieces)];
  return {
    prefix,
    match: (told) => {
      if (!told.startsWith(prefix) || !told.endsWith(suffix)) return null;
      const found = captureSlots(pieces, told.slice(place.length), ruleOf);
      if (found === null) return null;
      const partition = Object.fromEntries(found.map(({ slot, value }) => [slot, value]));
      // A capture that stands there twice has one value.
      const agrees = found.every(({ slot, value }) => partition[slot] === value);
      return agrees && fits(captures, partition) ? partition : null;
    },
  };
}

function fits(schemes: PartitionSchemes, partition: Partition): boolean {
  return Object.entries(partition).every(([name, value]) => {
    const scheme = Object.hasOwn(schemes, name) ? schemes[name] : undefined;
    return scheme === undefined || partitionValueProblem(scheme, value) === null;
  });
}

/** What is wrong with a pattern and how to mend it, without its subject; null when all is well. */
export function uriPatternProblem(uri: string): string | null {
  const parsed = parseUriTemplate(uri);
  if (!parsed.ok) return parsed.problem;
  if (parsed.path === "") return "names no place below its host; add a path";
  const fixed = parsed.path.replaceAll(/\{[^{}]*\}|[*?/]/g, "");
  if (fixed === "" && parsed.path.includes("**")) {
    return "matches everything there; begin its path with a name, or end it with one";
  }
  if (parsed.isGlob || parsed.slots.length > 0) return null;
  return "matches one place only; put a {capture} or a wildcard in it, or use the dataset itself";
}

/** The names of a pattern's captures, each once; empty when it is none. */
export function capturesOf(uri: string): readonly string[] {
  const parsed = parseUriTemplate(uri);
  return parsed.ok ? parsed.slots : [];
}

/** A URI that `parseUriTemplate` takes: all before the path, and the pieces of the path. */
export function takeApart(uri: string): {
  readonly place: string;
  readonly pieces: readonly Piece[];
} {
  const parsed = parseUriTemplate(uri);
  const { scheme, authority, path } = present(parsed.ok ? parsed : null, "a URI without problems");
  return { place: `${scheme}://${authority}/`, pieces: piecesOf(path) };
}
