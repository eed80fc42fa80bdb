import {
  answersWait,
  type EventAnswer,
  type EventCandidate,
  type EventWait,
  type EventWaiter,
  eventsCountFrom,
  compileEventPattern,
  type JsonValue,
  type WaitForEvent,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";

/** A wait for an event, and where to look for its answer. */
export interface EventSearch {
  readonly stepId: number;
  readonly taskRunId: number;
  readonly wait: WaitForEvent;
  readonly waiter: EventWaiter;
  /** Events that fit, as those say who heard of them; null: look back. */
  readonly eventIds: readonly number[] | null;
}

/**
 * The first event that answers each of these waits, by the order in which events came about. One
 * event answers one wait of a task run: a loop that waits again waits for the next.
 *
 * @returns By step; those without an answer are missing.
 */
export async function findEvents(
  tx: Tx,
  searches: readonly EventSearch[],
): Promise<ReadonlyMap<number, NonNullable<EventAnswer>>> {
  const found = new Map<number, NonNullable<EventAnswer>>();
  if (searches.length === 0) return found;
  const used = await loadUsed(tx, searches);
  const isFree = ({ taskRunId }: EventSearch, eventId: number): boolean =>
    !used.has(`${taskRunId} ${eventId}`);
  const answer = (search: EventSearch, candidates: readonly Candidate[]): void => {
    const first = candidates.find(
      (event) => isFree(search, event.id) && answersWait(search.wait, search.waiter, event),
    );
    if (first === undefined || found.has(search.stepId)) return;
    used.add(`${search.taskRunId} ${first.id}`);
    found.set(search.stepId, { id: first.id, name: first.name, data: first.data });
  };
  const told = await loadTold(tx, searches);
  const inOrder = searches.toSorted((one, other) => one.stepId - other.stepId);
  for (const search of inOrder) answer(search, told.get(search.stepId) ?? []);
  let open = inOrder
    .filter(({ stepId, eventIds }) => eventIds === null && !found.has(stepId))
    .map((search) => ({ search, after: 0 }));
  while (open.length > 0) {
    const pages = await loadPages(tx, open);
    const next: typeof open = [];
    for (const { search } of open) {
      const page = pages.get(search.stepId) ?? [];
      const readTo = endOf(page);
      answer(
        search,
        page.filter(({ id }) => id <= readTo),
      );
      if (readTo < Infinity && !found.has(search.stepId)) next.push({ search, after: readTo });
    }
    open = next;
  }
  return found;
}

interface Candidate extends EventCandidate {
  readonly stepId: number;
  /** Which of the wait's names it was found by. */
  readonly place: number;
}

interface EventRow {
  readonly step_id: number;
  readonly place: number;
  readonly id: number;
  readonly name: string;
  readonly data: JsonValue;
  readonly source_type: string;
  readonly source_key: string;
  readonly at: Date;
  readonly namespace: string | null;
}

/** Events that a wait's filter may pass over are read in pages. */
const PAGE = 200;

/** Up to which event a page is whole: each name has a page of its own. */
function endOf(page: readonly Candidate[]): number {
  const byName = [...Map.groupBy(page, ({ place }) => place).values()];
  const full = byName.filter((events) => events.length >= PAGE);
  return Math.min(...full.map((events) => events.at(-1)?.id ?? Infinity));
}

/** Events that were given to another wait of the same task run. */
async function loadUsed(tx: Tx, searches: readonly EventSearch[]): Promise<Set<string>> {
  const ids = [...new Set(searches.map(({ taskRunId }) => taskRunId))];
  const { rows } = await sql<{ task_run_id: number; event_id: number }>`
    select task_run_id, (value ->> 'id')::bigint as event_id from millrace.step
    where task_run_id = any(${ids}::bigint[]) and state = 'done'
      and wait ->> 'kind' = 'event' and value ->> 'id' is not null`.execute(tx);
  return new Set(rows.map((row) => `${row.task_run_id} ${row.event_id}`));
}

async function loadTold(
  tx: Tx,
  searches: readonly EventSearch[],
): Promise<Map<number, Candidate[]>> {
  const wanted = searches.flatMap(({ stepId, eventIds }) =>
    (eventIds ?? []).map((id) => ({ step_id: stepId, id })),
  );
  if (wanted.length === 0) return new Map();
  const { rows } = await sql<EventRow>`
    select x.step_id, 0 as place, e.id, e.name, e.data, e.source_type, e.source_key, e.at,
      e.namespace
    from ${records(wanted, "step_id bigint, id bigint")} join millrace.event e on e.id = x.id
    order by e.id`.execute(tx);
  return Map.groupBy(rows.map(toCandidate), ({ stepId }) => stepId);
}

async function loadPages(
  tx: Tx,
  open: readonly { readonly search: EventSearch; readonly after: number }[],
): Promise<Map<number, Candidate[]>> {
  const wanted = open.flatMap(({ search: { stepId, wait, waiter }, after }) =>
    wait.of.map((one, place) => ({
      step_id: stepId,
      place,
      after,
      from_ms: Math.max(0, eventsCountFrom(wait, waiter)),
      ...namesOf(one),
    })),
  );
  const columns = `step_id bigint, place int, after bigint, from_ms float8, first text, last text`;
  const { rows } = await sql<EventRow>`
    select x.step_id, x.place, e.id, e.name, e.data, e.source_type, e.source_key, e.at, e.namespace
    from ${records(wanted, columns)}, lateral (
      select * from millrace.event v
      where v.name ~>=~ x.first and v.name ~<=~ x.last and v.id > x.after
        and v.at >= to_timestamp(x.from_ms / 1000.0)
      -- Not by the index of ids, which leads through all that ever happened.
      order by v.id + 0 limit ${PAGE}
    ) e order by e.id`.execute(tx);
  return Map.groupBy(rows.map(toCandidate), ({ stepId }) => stepId);
}

/** Names in the order of their bytes, in which what begins alike stands together. */
function namesOf({ name, isPattern }: EventWait): { first: string; last: string } {
  if (!isPattern) return { first: name, last: name };
  const { prefix } = compileEventPattern(name);
  return { first: prefix, last: `${prefix}\u{10FFFF}` };
}

function toCandidate(row: EventRow): Candidate {
  const { step_id: stepId, place, id, name, data, namespace } = row;
  const source = { type: row.source_type, key: row.source_key };
  return { stepId, place, id, name, data, source, at: row.at.getTime(), namespace };
}
