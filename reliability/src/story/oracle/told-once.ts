import type { Violation } from "../../invariants/violation.ts";
import type { Call, Ledger } from "../ledger.ts";
import type { Found } from "./found.ts";

/** How often something that was told has to be there. */
interface Due {
  readonly least: number;
  readonly most: number;
}

/**
 * Everything that was told is there as often as its teller believes: once when the store said so,
 * not at all when it refused, and at most once when nobody ever heard.
 */
export function toldOnce(ledger: Ledger, found: Found): readonly Violation[] {
  return [
    ...compare("update", ledger, (mark) =>
      found.updates.filter((update) => update.mark === mark).map(({ id }) => id),
    ),
    ...compare("event", ledger, (mark) =>
      found.events.filter((event) => event.mark === mark).map(({ id }) => id),
    ),
    ...compare("run", ledger, (mark) =>
      found.runs.filter((run) => run.mark === mark && !run.isRepeat).map(({ id }) => id),
    ),
    ...strangers(ledger, found),
  ];
}

function compare(
  kind: "update" | "event" | "run",
  ledger: Ledger,
  idsOf: (mark: number) => readonly number[],
): readonly Violation[] {
  const calls = ledger.calls.filter((call) => call.kind === kind);
  const byMark = new Map<number, Call[]>();
  for (const call of calls) {
    for (const mark of marksOf(call)) byMark.set(mark, [...(byMark.get(mark) ?? []), call]);
  }
  return [...byMark].flatMap(([mark, mine]) => {
    const ids = idsOf(mark);
    const { least, most } = dueOf(mine);
    if (ids.length >= least && ids.length <= most) return [];
    const answers = mine.map(({ answer }) => answer);
    return [
      {
        invariant: "I5",
        what: `${kind} #${mark} is there ${ids.length} times, which its teller believes to be ${least} to ${most}`,
        detail: { mark, ids: [...ids], answers },
      },
    ];
  });
}

function marksOf({ mark, detail }: Call): readonly number[] {
  if (!Array.isArray(detail)) return [mark];
  return detail.flatMap((each) =>
    typeof each === "object" && each !== null && "mark" in each && typeof each["mark"] === "number"
      ? [each["mark"]]
      : [],
  );
}

function dueOf(calls: readonly Call[]): Due {
  if (calls.some(({ answer }) => answer !== null && "returned" in answer)) {
    return { least: 1, most: 1 };
  }
  const isOpen = calls.some(
    ({ answer }) => answer === null || ("threw" in answer && answer.threw === "STORE_UNAVAILABLE"),
  );
  return { least: 0, most: isOpen ? 1 : 0 };
}

/** Nothing is there that nobody told. */
function strangers(ledger: Ledger, { updates, events }: Found): readonly Violation[] {
  const told = new Set(ledger.calls.flatMap(marksOf));
  return [...updates, ...events]
    .filter(({ mark }) => mark > 0 && !told.has(mark))
    .map(({ id, of, mark }) => ({
      invariant: "I6" as const,
      what: `${of} has a fact ${id} with mark ${mark}, which nobody told`,
      detail: { id, mark },
    }));
}
