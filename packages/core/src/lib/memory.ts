const MEMORY = /^(\d{1,9}(?:\.\d{1,3})?)(MiB|GiB|TiB)$/;
const UNIT_MB: Readonly<Record<string, number>> = { MiB: 1, GiB: 1_024, TiB: 1_048_576 };

/**
 * MiB of a size such as `512MiB`, `1.5GiB` or `1TiB`. Only powers of two are taken, because `MB`
 * means either.
 *
 * @returns Whole MiB, 1 or more; null when `text` is no such size.
 */
export function parseMemoryMb(text: string): number | null {
  const found = MEMORY.exec(text);
  if (found === null) return null;
  const [, count, unit = ""] = found;
  const mb = Number(count) * (UNIT_MB[unit] ?? NaN);
  return Number.isSafeInteger(mb) && mb >= 1 ? mb : null;
}
