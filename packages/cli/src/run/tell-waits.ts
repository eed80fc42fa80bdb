import type { RunDetail } from "@millrace/postgres";

/** What is over sooner needs no word. */
const TOLD_AFTER_MS = 2_000;

const LINES_MAX = 10;

type Looked = { readonly notes: Pick<RunDetail["notes"], "held" | "waits"> };

/**
 * Says what holds a run up, each wait once: who only watches it would think that it hangs.
 * Questions to people are not among them, they have words of their own.
 *
 * @returns To be called whenever the run was looked at, with a clock's milliseconds: the lines that
 *   are new.
 */
export function tellWaits(): (run: Looked, nowMs: number) => readonly string[] {
  const seenAtMs = new Map<string, number>();
  const told = new Set<string>();
  return ({ notes }, nowMs) => {
    const lines = waitLines(notes).filter((line) => {
      const since = seenAtMs.get(line) ?? nowMs;
      seenAtMs.set(line, since);
      return !told.has(line) && nowMs - since >= TOLD_AFTER_MS;
    });
    const fresh = lines.slice(0, Math.max(0, LINES_MAX - told.size));
    for (const line of fresh) told.add(line);
    return fresh;
  };
}

function waitLines({ held, waits }: Looked["notes"]): readonly string[] {
  const others = waits.filter(({ words }) => !words.startsWith("waits for the approval"));
  return [
    ...held.map((reason) => `waits: ${reason}`),
    ...others.map(
      ({ task, item, words, lasting = words }) =>
        `${item === null ? task : `${task}[${item}]`} ${lasting}`,
    ),
  ];
}
