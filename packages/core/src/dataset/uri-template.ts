import type { Partition } from "../spec/partition-spec.ts";

/** A dataset's URI, taken apart. Everything in it is literal text but its slots and wildcards. */
export interface UriTemplate {
  readonly ok: true;
  readonly scheme: string;
  /** The bucket or host; empty in `file:///…`. */
  readonly authority: string;
  /** What follows the slash after the authority, without that slash: in S3 the key. */
  readonly path: string;
  /** The names of the `{slots}`, each once, in the order in which they first stand there. */
  readonly slots: readonly string[];
  /** True when wildcards stand in the path, so that it names many places and not one. */
  readonly isGlob: boolean;
}

/**
 * `problem` is a sentence about the URI, without its subject, that says how to mend it. It never
 * repeats the URI, which may hold credentials.
 */
export type ParsedUri = UriTemplate | { readonly ok: false; readonly problem: string };

const URI_BYTES_MAX = 1_024;
const GLOB_LENGTH_MAX = 256;
const WILDCARDS_MAX = 16;
const SLOT = /\{([^{}]*)\}/g;
const SLOT_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;
/** Ours, for what later versions may want to name. */
const RESERVED_SCHEME = "millrace";

/**
 * Takes a dataset's URI apart: `scheme://authority/path`, with `{slots}` in the path for the
 * partition keys, or the wildcards `*` (within a segment), `**` (a whole segment, any number of
 * them) and `?` (one character). All other characters are ordinary, also in globs.
 *
 * A place has one spelling only, so what could be spelled in two ways is refused: credentials,
 * `.` and `..`, encoded slashes and dots, backslashes, fragments, a slash at the end, upper-case
 * schemes, text that is not Unicode NFC. At most 1,024 bytes; as a glob 256 characters with 16
 * wildcards, so that no pattern is slow to match.
 */
export function parseUriTemplate(uri: string): ParsedUri {
  const problem = textProblem(uri);
  if (problem !== null) return refuse(problem);
  const [, scheme, authority, path] =
    /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)(?:\/(.*))?$/s.exec(uri) ?? [];
  if (scheme === undefined || authority === undefined) {
    return refuse('is no URI; write it like "s3://bucket/raw/{date}.csv"');
  }
  if (uri.endsWith("/")) return refuse("ends with a slash; leave it out");
  const wrong = placeProblem(scheme, authority, path) ?? pathProblem(scheme, path ?? "");
  if (wrong !== null) return refuse(wrong);
  const slots = new Set([...(path ?? "").matchAll(SLOT)].map(([, name]) => name ?? ""));
  const isGlob = /[*?]/.test(path ?? "");
  return { ok: true, scheme, authority, path: path ?? "", slots: [...slots], isGlob };
}

/**
 * The URI of one partition: every slot replaced by its value.
 *
 * @returns Null for a glob, which names no one place, for no URI at all, and when `partition`
 *   lacks a slot's value.
 */
export function renderUri(uri: string, partition: Partition): string | null {
  const parsed = parseUriTemplate(uri);
  if (!parsed.ok || parsed.isGlob) return null;
  if (!parsed.slots.every((slot) => Object.hasOwn(partition, slot))) return null;
  return uri.replaceAll(SLOT, (_slot, name: string) => partition[name] ?? "");
}

function textProblem(uri: string): string | null {
  // Before all else, because other problems show what they are about.
  if (/:\/\/[^/]*@/.test(uri)) {
    return "holds credentials; leave them out, and keep them with the connection";
  }
  if (new TextEncoder().encode(uri).length > URI_BYTES_MAX) {
    return `has more than ${URI_BYTES_MAX} bytes; shorten it`;
  }
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(uri)) {
    return "has control or invisible characters; leave them out";
  }
  if (!uri.isWellFormed()) return "has half of a surrogate pair; leave it out";
  const normal = uri.normalize("NFC");
  if (normal !== uri) return `is not in Unicode form NFC; write ${JSON.stringify(normal)}`;
  return uri.trim() === uri ? null : "begins or ends with a space; leave it out";
}

function placeProblem(scheme: string, authority: string, path: string | undefined): string | null {
  if (scheme !== scheme.toLowerCase())
    return `has an upper-case scheme; write ${scheme.toLowerCase()}`;
  if (scheme === RESERVED_SCHEME)
    return `has the scheme ${RESERVED_SCHEME}, which is reserved; choose another`;
  if (authority === "" && path === undefined) return "names no place; add a bucket, host or path";
  if (authority === "" && (scheme === "s3" || scheme === "gs")) {
    return "names no bucket; write it after the two slashes";
  }
  if (/[{}*?\\#]/.test(authority)) {
    return `has one of { } * ? \\ # in ${JSON.stringify(authority)}; slots and wildcards belong in the path`;
  }
  return null;
}

function pathProblem(scheme: string, path: string): string | null {
  if (path.includes("#")) return "has a fragment; leave out # and what follows";
  if (path.includes("\\")) return "has a backslash; write /";
  if (/%(?:2f|5c|00)/i.test(path)) return "has an encoded slash or NUL; write a plain /";
  for (const segment of path.split("/")) {
    const plain = segment.replaceAll(/%2e/gi, ".");
    if (plain === "." || plain === "..") {
      return `has the segment ${JSON.stringify(segment)}; write the path that it leads to`;
    }
  }
  return slotProblem(path) ?? globProblem(scheme, path);
}

function slotProblem(path: string): string | null {
  if (/\}[{*?]|[*?]\{/.test(path)) {
    return "has a slot right beside another or a wildcard, and nothing to tell them apart; put text between them";
  }
  for (const [slot, name = ""] of path.matchAll(SLOT)) {
    if (!SLOT_NAME.test(name)) return `has the slot ${slot}; name it after a partition key`;
  }
  if (/[{}]/.test(path.replaceAll(SLOT, ""))) {
    return "has a brace that is no slot; write slots as {key}";
  }
  return null;
}

function globProblem(scheme: string, path: string): string | null {
  const wildcards = path.match(/\*+|\?/g) ?? [];
  if (wildcards.length === 0) return null;
  if (scheme === "http" || scheme === "https") {
    return "has a query or a wildcard, and web addresses take neither; name one place";
  }
  if (path.length > GLOB_LENGTH_MAX) {
    return `has wildcards and more than ${GLOB_LENGTH_MAX} characters; shorten it`;
  }
  if (wildcards.length > WILDCARDS_MAX) {
    return `has ${wildcards.length} wildcards, and ${WILDCARDS_MAX} at most are taken; use fewer`;
  }
  const whole = path.split("/").filter((segment) => segment.includes("**"));
  if (whole.some((segment) => segment !== "**")) {
    return 'has ** beside other text; ** is a segment of its own, as in "raw/**/*.csv"';
  }
  return null;
}

function refuse(problem: string): ParsedUri {
  return { ok: false, problem };
}
