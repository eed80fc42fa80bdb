import {
  captureSlots,
  type Captures,
  type DatasetId,
  type DatasetSpec,
  datasetId,
  parseUriTemplate,
  type Partition,
  partitionValueProblem,
  type Piece,
  piecesOf,
  prefixOf,
  present,
  slotRuleOf,
  suffixOf,
} from "@millrace/core/internal";
import { globMatcher } from "./glob.ts";
import { PrefixIndex } from "./prefix-index.ts";

/** A dataset, and the one of its partitions that an object belongs to. */
interface ObjectMatch {
  readonly dataset: DatasetId;
  readonly partition: Partition;
}

interface MatchResult {
  readonly matches: readonly ObjectMatch[];
  /** Why datasets whose pattern the key has were left out: their partitions refuse a value. */
  readonly unmatched: readonly string[];
}

export interface ObjectMatcher {
  readonly match: (bucket: string, key: string) => MatchResult;
  /** The fewest prefixes that all objects of the datasets in this bucket begin with. */
  readonly prefixesOf: (bucket: string) => readonly string[];
  /** Datasets in S3 that no object can be matched to, and why. */
  readonly problems: readonly string[];
}

/** A dataset whose pattern has been compiled. */
interface Candidate {
  readonly dataset: DatasetSpec;
  readonly bucket: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly match: (key: string) => Reading;
}

type Reading = { readonly partition: Partition } | { readonly reason: string } | null;

/**
 * Finds the datasets that an S3 object belongs to, by their URIs. A key is taken as it is: `a//b`
 * is not `a/b`, hidden files count, and `[`, `!` and `#` are ordinary. `*`, `?` and slots never
 * cross a slash. A key that ends in a slash, or has a segment `.` or `..`, belongs to nothing:
 * the one marks a folder in a console, the others would lead elsewhere in a file system.
 */
export function compileMatcher(datasets: readonly DatasetSpec[]): ObjectMatcher {
  const index = new PrefixIndex<Candidate>();
  const problems: string[] = [];
  for (const dataset of datasets) {
    const candidate = compile(dataset);
    if (typeof candidate === "string") problems.push(candidate);
    else if (candidate !== null) index.add(candidate.bucket, candidate.prefix, candidate);
  }
  return {
    match: (bucket, key) => matchKey(key, isPlace(key) ? index.find(bucket, key) : []),
    prefixesOf: (bucket) => index.prefixesOf(bucket),
    problems,
  };
}

function isPlace(key: string): boolean {
  return !key.endsWith("/") && !/(?:^|\/)\.\.?(?:\/|$)/.test(key);
}

function matchKey(key: string, candidates: readonly Candidate[]): MatchResult {
  const matches: ObjectMatch[] = [];
  const unmatched: string[] = [];
  for (const { dataset, suffix, match } of candidates) {
    const reading = key.endsWith(suffix) ? match(key) : null;
    if (reading === null) continue;
    if ("partition" in reading)
      matches.push({ dataset: datasetId(dataset), partition: reading.partition });
    else unmatched.push(`${key} is not of dataset ${datasetId(dataset)}: ${reading.reason}`);
  }
  return { matches, unmatched };
}

/** Null when the dataset does not lie in S3; a text when it does and cannot be matched. */
function compile(dataset: DatasetSpec): Candidate | string | null {
  if (dataset.uri === null || !dataset.uri.startsWith("s3:")) return null;
  const template = parseUriTemplate(dataset.uri);
  const id = datasetId(dataset);
  if (!template.ok) return `Dataset ${id}: ${template.problem}.`;
  const { authority: bucket, path, slots, isGlob } = template;
  if (path === "") return `Dataset ${id}: the URI ${dataset.uri} names no object; add a key.`;
  const keys = Object.keys(dataset.partitions);
  const strays = [...slots, ...keys].filter(
    (name) => !slots.includes(name) || !keys.includes(name),
  );
  if (strays.length > 0)
    return `Dataset ${id}: the slots of ${dataset.uri} are not its partition keys; ${strays.join(", ")} is only one of them.`;
  const pieces = piecesOf(path);
  const match = slots.length > 0 ? slotMatcher(dataset, pieces) : plainMatcher(path, isGlob);
  return { dataset, bucket, prefix: prefixOf(pieces), suffix: suffixOf(pieces), match };
}

function plainMatcher(path: string, isGlob: boolean): Candidate["match"] {
  const matches = isGlob ? globMatcher(path) : (key: string): boolean => key === path;
  return (key) => (matches(key) ? { partition: {} } : null);
}

function slotMatcher(dataset: DatasetSpec, pieces: readonly Piece[]): Candidate["match"] {
  const schemes = Object.entries(dataset.partitions);
  const rules = new Map(schemes.map(([slot, scheme]) => [slot, slotRuleOf(scheme)]));
  return (key) => {
    // What the partitions allow tells apart what the text alone does not: {region}-{date}.
    const captures = captureSlots(pieces, key, (slot) => present(rules.get(slot)));
    const partition = captures === null ? null : toPartition(captures);
    if (partition !== null && fits(dataset, partition)) return { partition };
    const loose = captureSlots(pieces, key, () => "any");
    return loose === null ? null : { reason: reasonOf(dataset, loose) };
  };
}

function fits({ partitions }: DatasetSpec, partition: Partition): boolean {
  return Object.entries(partition).every(
    ([slot, value]) => partitionValueProblem(present(partitions[slot]), value) === null,
  );
}

/** Null when a slot that stands there twice has two values. */
function toPartition(captures: Captures): Partition | null {
  const partition = Object.fromEntries(captures.map(({ slot, value }) => [slot, value]));
  return captures.every(({ slot, value }) => partition[slot] === value) ? partition : null;
}

function reasonOf({ partitions }: DatasetSpec, captures: Captures): string {
  for (const { slot, value } of captures) {
    const problem = partitionValueProblem(present(partitions[slot]), value);
    if (problem !== null) return `for {${slot}}, ${problem}`;
  }
  return "a slot that its URI has twice stands for two values";
}
