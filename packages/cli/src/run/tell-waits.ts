import type { RunDetail } from "@millrace/postgres";

/** What is over sooner needs no word. */
const TOLD_AFTER_MS = 2_000;

const LINES_MAX = 10;

type Looked = { readonly notes: Pick<RunDetail["notes"], "held" | "waits"> };

/**
 * Says what holds a run up, each wait once: who only watches it would think that it hangs. Of a
 * sensor it says so anew when another kind of thing is seen, such as that it cannot be asked.
 * Questions to people are not among them, they have words of their own.
 *
 * @returns To be called whenever the run was looked at, with a clock's milliseconds: the lines that
 *   are new.
 */
export function tellWaits(): (run: Looked, nowMs: number) => readonly string[] {
  const seenAtMs = new Map<string, number>();
  const told = new Set<string>();
  return ({ notes }, nowMs) => {
    const lasting = waitLines(notes).filter(({ key }) => {
      const since = seenAtMs.get(key) ?? nowMs;
      seenAtMs.set(key, since);
      return !told.has(key) && nowMs - since >= TOLD_AFTER_MS;
    });
    const fresh = lasting.slice(0, Math.max(0, LINES_MAX - told.size));
    for (const { key } of fresh) told.add(key);
    return fresh.map(({ line }) => line);
  };
}

interface WaitLine {
  readonly line: string;
  /** What of it is told once: all but what changes from look to look. */
  readonly key: string;
}

function waitLines({ held, waits }: Looked["notes"]): readonly WaitLine[] {
  const others = waits.filter(({ words }) => !words.startsWith("waits for the approval"));
  return [
    ...held.map((reason) => ({ line: `waits: ${reason}`, key: `waits: ${reason}` })),
    ...others.map(({ task, item, words, lasting = words, seen = null }) => {
      const what = `${item === null ? task : `${task}[${item}]`} ${lasting}`;
      if (seen === null) return { line: what, key: what };
      const [kind] = seen.split(":");
      return { line: `${what}; seen last: ${seen}`, key: `${what} ${kind}` };
    }),
  ];
}
