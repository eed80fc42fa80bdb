import { isRecord } from "@millrace/core/internal";

/** Where a manifest lies. */
export interface ManifestPlace {
  readonly bucket: string;
  readonly key: string;
}

export type ParsedManifest =
  | { readonly ok: true; readonly keys: readonly string[] }
  /** What is wrong with it, without its subject and without a full stop. */
  | { readonly ok: false; readonly problem: string };

/** As long as a key of S3 may be. */
const KEY_BYTES_MAX = 1_024;

/**
 * The keys that a manifest lists: a JSON list of texts; the manifest of Amazon Redshift, which
 * COPY reads and UNLOAD writes, `{ "entries": [{ "url": "s3://bucket/key" }] }`
 * (docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html); or else lines
 * of text. Each names an object as `s3://bucket/key`, by a whole key below the manifest's folder,
 * or by what follows that folder.
 */
export function parseManifest(text: string, place: ManifestPlace): ParsedManifest {
  const names = /^\s*[[{]/.test(text) ? namesOfJson(text) : text.split(/\r?\n/);
  if (names === null)
    return refuse(
      'is no list of keys; write ["a.csv"], {"entries": [{"url": …}]} or lines of text',
    );
  const keys: string[] = [];
  for (const name of names.filter((each) => each.trim() !== "")) {
    const key = keyOf(name, place);
    if (key === null)
      return refuse(
        `lists what can be no object of its bucket: ${JSON.stringify(name.slice(0, 80))}`,
      );
    keys.push(key);
  }
  return { ok: true, keys: [...new Set(keys)] };
}

function namesOfJson(text: string): readonly string[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const entries = isRecord(value) ? value["entries"] : value;
  if (!Array.isArray(entries)) return null;
  const names = entries.map((entry: unknown) => (isRecord(entry) ? entry["url"] : entry));
  return names.every((name) => typeof name === "string") ? names : null;
}

function keyOf(name: string, { bucket, key }: ManifestPlace): string | null {
  const folder = key.slice(0, key.lastIndexOf("/") + 1);
  const own = `s3://${bucket}/`;
  if (name.startsWith("s3://")) return name.startsWith(own) ? sound(name.slice(own.length)) : null;
  return sound(name.startsWith(folder) ? name : folder + name);
}

function sound(key: string): string | null {
  const fits = key !== "" && key.isWellFormed() && !key.includes("\0");
  return fits && Buffer.byteLength(key) <= KEY_BYTES_MAX ? key : null;
}

function refuse(problem: string): ParsedManifest {
  return { ok: false, problem };
}
