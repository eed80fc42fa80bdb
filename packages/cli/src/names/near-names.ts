const NEAR_MAX = 3;

/** At most three of `names` that somebody who typed `typed` may have meant, the nearest first. */
export function nearNames(typed: string, names: readonly string[]): readonly string[] {
  const limit = Math.max(1, Math.floor(typed.length / 3));
  const near = names.map((name) => ({ name, distance: nearness(typed, name) }));
  return near
    .filter(({ distance }) => distance <= limit)
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, NEAR_MAX)
    .map(({ name }) => name);
}

/** A name that begins with what was typed is near, however much is missing. */
function nearness(typed: string, name: string): number {
  const bare = typed.includes("/") ? name : name.slice(name.indexOf("/") + 1);
  return bare.startsWith(typed) ? 1 : editDistance(typed, bare);
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one to the other. */
export function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (row > 1 && column > 1 && isSwap) least = Math.min(least, (before[column - 2] ?? 0) + 1);
      next.push(least);
    }
    before = last;
    last = next;
  }
  return last[other.length] ?? 0;
}
