import {
  compileUriPattern,
  parseUriTemplate,
  renderUri,
  uriPatternProblem,
} from "@millrace/core/internal";
import fc from "fast-check";
import { globMatcher } from "../../../../packages/sensors/src/match/glob.ts";
import { type FuzzTarget, holds, isReason, target } from "../fuzz-target.ts";
import { mutatedText } from "../mutated-text.ts";
import { matchesByRule } from "./reference-glob.ts";

/** No longer URI comes in. */
const TOLD_LENGTH_MAX = 4_096;
const URIS = [
  "s3://lake/raw/{date}.csv",
  "s3://lake/raw/{region}/{date}/part-*.parquet",
  "s3://lake/**/*.csv",
  "s3://lake/raw/a?c",
  "file:///data/in.csv",
  "postgres://warehouse/public/flights",
  "https://example.com/a/b.json",
  "gs://bucket/x",
];
const OF_URIS = ["s3://", "{date}", "{a}{b}", "user:pw@", "#top", "MILLRACE://", "*a", "{a}-{b}"];

/** A URI that is taken is written back as it was, and renders into one without slots. */
const uri: FuzzTarget<string> = {
  name: "uri",
  inputs: mutatedText(URIS, OF_URIS),
  probe(text) {
    const parsed = parseUriTemplate(text);
    if (!parsed.ok) {
      holds(isReason(parsed.problem), "a refusal says why");
      renderUri(text, {});
      return;
    }
    const { scheme, authority, path, slots, isGlob } = parsed;
    const tail = path === "" ? "" : `/${path}`;
    holds(`${scheme}://${authority}${tail}` === text, "a URI is the sum of its parts");
    holds(text.isWellFormed() && !text.includes("\0"), "a URI can be stored");
    const rendered = renderUri(text, Object.fromEntries(slots.map((slot) => [slot, "v1"])));
    holds((rendered === null) === isGlob, "all but globs render");
    if (rendered === null || Buffer.byteLength(rendered) > 1_024) return;
    const again = parseUriTemplate(rendered);
    holds(again.ok && again.slots.length === 0, "what is rendered is a URI of one place");
  },
};

/** A pattern takes the URIs that it renders to, and answers any other text. */
const pattern: FuzzTarget<readonly [string, string]> = {
  name: "uri-pattern",
  inputs: fc.tuple(
    mutatedText(URIS, OF_URIS),
    mutatedText(URIS, OF_URIS).map((text) => text.slice(0, TOLD_LENGTH_MAX)),
  ),
  probe([text, told]) {
    const problem = uriPatternProblem(text);
    if (problem !== null) return holds(isReason(problem), "a refusal says why");
    const compiled = compileUriPattern(text);
    const found = compiled.match(told);
    holds(found === null || told.startsWith(compiled.prefix), "matches begin with the prefix");
    const parsed = parseUriTemplate(text);
    if (!parsed.ok || parsed.isGlob) return;
    const own = renderUri(text, Object.fromEntries(parsed.slots.map((slot) => [slot, "v"])));
    holds(own !== null && compiled.match(own) !== null, "a pattern takes what it renders to");
  },
};

const unit = fc.constantFrom("a", "b", "/", "*", "?", "**/", "/**", "-");
const small = fc.array(unit, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(""));
const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "-", "."), maxLength: 9 });

/** The matcher of keys, the matcher of URIs and the definition of globs are of one mind. */
const globs: FuzzTarget<readonly [string, string]> = {
  name: "glob",
  inputs: fc.tuple(small, key),
  probe([path, text]) {
    const parsed = parseUriTemplate(`s3://b/${path}`);
    if (!parsed.ok || !parsed.isGlob) return;
    // Keys that end in a slash or have such segments belong to nothing, whatever the pattern.
    if (text.endsWith("/") || /(?:^|\/)\.\.?(?:\/|$)/.test(text)) return;
    const byRule = matchesByRule(path, text);
    holds(globMatcher(path)(text) === byRule, `a listing takes what the glob says: ${byRule}`);
    const problem = uriPatternProblem(`s3://b/${path}`);
    if (problem !== null) return;
    const found = compileUriPattern(`s3://b/${path}`).match(`s3://b/${text}`);
    holds((found !== null) === byRule, `a pattern takes what the glob says: ${byRule}`);
  },
};

/** Patterns that are known to keep matchers busy, and such as they are made of. */
const HOSTILE = [
  `${"a*".repeat(15)}b`,
  `${"?*".repeat(8)}Z`,
  `${"**/a/".repeat(12)}**`,
  `${"*a".repeat(14)}*`,
  "{a,b}".repeat(40),
  "+(a|aa)".repeat(10),
  `!${"(".repeat(20)}`,
  "[[:alpha:]-z]".repeat(5),
];

/** No glob that is taken is slow on any key. */
const hostile: FuzzTarget<readonly [string, string]> = {
  name: "hostile-glob",
  inputs: fc.tuple(
    mutatedText(HOSTILE, ["*a", "?*", "**/", "/**"]),
    fc.oneof(
      fc
        .tuple(fc.constantFrom("a", "a/", "ab", "é/"), fc.nat(1_024))
        .map(([s, n]) => s.repeat(n).slice(0, 1_024)),
      mutatedText(HOSTILE).map((text) => text.slice(0, TOLD_LENGTH_MAX)),
    ),
  ),
  probe([path, text]) {
    const parsed = parseUriTemplate(`s3://b/${path}`);
    if (!parsed.ok) return holds(isReason(parsed.problem), "a refusal says why");
    if (parsed.isGlob && parsed.slots.length === 0) globMatcher(parsed.path)(text);
    if (uriPatternProblem(`s3://b/${path}`) === null)
      compileUriPattern(`s3://b/${path}`).match(`s3://b/${text}`);
  },
};

export const PLACE_TARGETS: readonly FuzzTarget[] = [
  target(uri),
  target(pattern),
  target(globs),
  target(hostile),
];
