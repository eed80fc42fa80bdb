import { isRecord, type JsonValue, type PipelineDefinition } from "@millrace/core/internal";
import type { Settings } from "../settings.ts";
import { outputInvalid } from "./output-invalid.ts";

/** Keeps the values of a namespace's secrets out of what is stored and shown. */
export interface SecretGuard {
  /** `text` with `***` in place of each secret. */
  blank(text: string): string;
  /** The same for every text and key in it. */
  blankJson(value: JsonValue): JsonValue;
  /** @throws {OUTPUT_INVALID} When a secret is in it; names the secret, never its value. */
  assertFree(value: JsonValue, what: string): void;
}

/** Of shorter ones too much that is no secret would be blanked. */
const LENGTH_MIN = 4;

/**
 * Guards the values that `secret()` can return, as they are, as they look within JSON text, and as
 * they look within a URL. Values of less than four characters are not guarded, and neither is what
 * a handler makes of a value, such as its hash or its Base64.
 */
export function guardSecrets(definition: PipelineDefinition, settings: Settings): SecretGuard {
  const names = new Map<string, string>();
  for (const name of definition.secrets) {
    const value = valueOf(definition, name, settings);
    if (value === null || value.length < LENGTH_MIN) continue;
    for (const form of formsOf(value)) names.set(form, name);
  }
  if (names.size === 0) return UNGUARDED;
  // The longest first, as one secret may begin with another.
  const forms = [...names.keys()].toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(forms.map(escaped).join("|"), "g");
  const blank = (text: string): string => text.replaceAll(pattern, "***");
  return {
    blank,
    blankJson: (value) => mapTexts(value, blank),
    assertFree(value, what) {
      mapTexts(value, (text) => {
        const [found] = text.match(pattern) ?? [];
        if (found === undefined) return text;
        const issue = `it contains the secret ${names.get(found)}; secrets are neither stored nor shown, so leave it out`;
        throw outputInvalid(what, [issue]);
      });
    },
  };
}

const UNGUARDED: SecretGuard = {
  blank: (text) => text,
  blankJson: (value) => value,
  assertFree() {},
};

/** Null when it is not set on this worker: then nobody here can tell it either. */
function valueOf(definition: PipelineDefinition, name: string, settings: Settings): string | null {
  try {
    return settings.secretOf(definition, name);
  } catch {
    return null; // the handler that asks for it is told
  }
}

function formsOf(value: string): ReadonlySet<string> {
  return new Set([
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
  ]);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function mapTexts(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapTexts(item, map));
  if (!isRecord(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [
    map(key),
    mapTexts(member as JsonValue, map),
  ]);
  return Object.fromEntries(members) as JsonValue;
}
