/** Chance that follows from a seed alone. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  /** Whole, uniform in [0, n). */
  below(n: number): number;
  happens(probability: number): boolean;
  between(from: number, to: number): number;
  /** In the form of a UUID. */
  uuid(): string;
}

/**
 * A stream of chance of its own for each purpose: when one of them is asked less often, the
 * others go on as before, so that a plan without one of its faults stays close to the plan.
 */
export function chanceOf(seed: number, purpose: string): Chance {
  const next = sfc32(`${seed}/${purpose}`);
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    happens: (probability) => probability > 0 && next() < probability,
    between: (from, to) => Math.round(from + next() * (to - from)),
    uuid() {
      const hex = Array.from({ length: 4 }, () =>
        below(2 ** 32)
          .toString(16)
          .padStart(8, "0"),
      );
      return hex.join("").replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
    },
  };
}

/** Small Fast Counter, 32 bits: passes PractRand, and is ten lines. */
function sfc32(text: string): () => number {
  let [a, b, c, count] = [fnv1a(`a${text}`), fnv1a(`b${text}`), fnv1a(`c${text}`), 1];
  const next = (): number => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i += 1) next();
  return next;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash | 0;
}
