/** The longest duration that Millrace takes: ten years of 365 days and their leap days. */
export const DURATION_MS_MAX: number = 3_653 * 86_400_000;

const UNITS = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** Each unit at most once, the larger first: `1h30m`, never `30m1h` or `1h1h`. */
const DURATION = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const TEXT_LENGTH_MAX = 64;

/**
 * Milliseconds of a duration such as `500ms`, `90s`, `1h30m` or `1w`. Whole numbers, no sign and
 * no spaces; each unit at most once, the larger first. Of all durations without length only `0s`
 * is taken, because any other is more likely a slip.
 *
 * @returns Whole milliseconds in [0, `DURATION_MS_MAX`]; null when `text` is not such a duration.
 */
export function parseDurationMs(text: string): number | null {
  const counts = text.length > TEXT_LENGTH_MAX ? null : DURATION.exec(text);
  if (text === "" || counts === null) return null;
  const ms = UNITS.reduce((sum, [, unitMs], at) => sum + Number(counts[at + 1] ?? 0) * unitMs, 0);
  if (ms === 0 && text !== "0s") return null;
  return ms <= DURATION_MS_MAX ? ms : null;
}

/**
 * A duration for people, in its two largest units: `350ms`, `1.2s`, `2m 5s`, `3d 4h`. It is
 * rounded to the smaller of the two, so it is not to be parsed again.
 *
 * @param ms - A finite number; negative ones keep their sign.
 */
export function formatDuration(ms: number): string {
  const length = Math.abs(ms);
  return `${ms < 0 && length >= 0.5 ? "-" : ""}${formatLength(length)}`;
}

function formatLength(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)}ms`;
  // 59,950 ms and more would round to "60s".
  if (ms < 59_950) return `${Number((ms / 1_000).toFixed(1))}s`;
  for (const [at, [unit, unitMs]] of UNITS.entries()) {
    const [smaller, smallerMs] = UNITS[at + 1] ?? ["ms", 1];
    const rounded = Math.round(ms / smallerMs) * smallerMs;
    if (rounded < unitMs) continue;
    const rest = (rounded % unitMs) / smallerMs;
    const whole = `${Math.floor(rounded / unitMs)}${unit}`;
    return rest === 0 ? whole : `${whole} ${rest}${smaller}`;
  }
  return `${ms}ms`;
}
