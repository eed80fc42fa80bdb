const ENCODER = new TextEncoder();

/** How long a text is as UTF-8. */
export function utf8Length(text: string): number {
  return ENCODER.encode(text).length;
}

/** What in a text no row can hold, or null. */
export function textProblem(text: string): string | null {
  if (text.includes("\0")) return "a NUL character";
  return text.isWellFormed() ? null : "half of a surrogate pair";
}

/**
 * `text` with U+FFFD for what cannot be stored, and at most `bytesMax` long in UTF-8. Only for what
 * is read by people, such as errors and logs: two names must never become one.
 */
export function cleaned(text: string, bytesMax: number): string {
  // One code unit is at least one byte, so the rest is not worth cleaning.
  const clean = text
    .slice(0, bytesMax + 1)
    .replaceAll("\0", "\uFFFD")
    .toWellFormed();
  const bytes = ENCODER.encode(clean);
  if (bytes.length <= bytesMax) return clean;
  const cut = bytes.subarray(0, bytesMax - utf8Length("…"));
  // Half of a character at the end decodes to U+FFFD.
  return `${new TextDecoder().decode(cut).replace(/\uFFFD+$/, "")}…`;
}
