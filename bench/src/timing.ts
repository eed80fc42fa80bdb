export interface Timing {
  readonly medianMs: number;
  /** The first and the third quartile. */
  readonly spreadMs: readonly [number, number];
  /** Means something from a hundred measurements on. */
  readonly p99Ms: number;
}

export function toTiming(samplesMs: readonly number[]): Timing {
  return {
    medianMs: quantile(samplesMs, 0.5),
    spreadMs: [quantile(samplesMs, 0.25), quantile(samplesMs, 0.75)],
    p99Ms: quantile(samplesMs, 0.99),
  };
}

/** The sample that `share` of all are not above; 0 without samples. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}
