/** A stretch of ids of updates, and the table that has them. */
export interface IdRange {
  readonly fromId: number;
  /** The first id that is not in it. */
  readonly toId: number;
}

/** So many ranges, about: each costs every plan a little, and the oldest goes as a whole. */
const RANGES = 16;

/**
 * The range to make now, if any. It is made when half of the newest is used up. Each is as large as
 * the sixteenth part of the log, so that their number hardly grows with it: with retention there
 * are some seventeen, without some dozens for a billion updates.
 *
 * @param lastId - The newest id that was given out.
 * @param ranges - In order. There is one at least.
 * @param rowsMin - Ids in a range, at least.
 */
export function nextRange(
  lastId: number,
  ranges: readonly IdRange[],
  rowsMin: number,
): IdRange | null {
  const [oldest] = ranges;
  const newest = ranges.at(-1);
  if (oldest === undefined || newest === undefined) return null;
  if (lastId < newest.toId - (newest.toId - newest.fromId) / 2) return null;
  const size = Math.max(rowsMin, Math.ceil((newest.toId - oldest.fromId) / RANGES));
  // Nobody made one in time. Those who insert go on meanwhile: what they need until then stays
  // where it fell, and the new range begins behind it.
  const fromId = lastId < newest.toId ? newest.toId : lastId + size;
  return { fromId, toId: fromId + size };
}
