import type { FinishItem } from "@millrace/core/internal";
import type { Store } from "@millrace/postgres";
import type { Violation } from "../invariants/violation.ts";
import type { PreparedPGlite } from "./prepared-pglite.ts";
import type { World } from "./world.ts";

/** A store whose finishes are judged: see {@link findMisbelieved}. */
export function judgingStore(world: World, store: Store): Store {
  return {
    ...store,
    async finish(items) {
      const result = await store.finish(items);
      world.judgeFinishes(items.filter((_, place) => result.recorded[place] === true));
      const refused = items.filter((_, place) => result.recorded[place] === false);
      world.count("late finishes while another runs", countOvertaken(world, refused));
      return result;
    },
  };
}

/** As far as can be told at once: a transaction that is under way is left alone. */
function countOvertaken({ server, stage }: World, items: readonly FinishItem[]): number {
  if (items.length === 0 || !server.isFree()) return 0;
  const { rows } = stage.pglite.run(
    `select from unnest($1::bigint[], $2::int[]) x (id, attempt)
     join millrace.task_run t on t.id = x.id and t.attempt > x.attempt and t.state = 'running'`,
    [items.map(({ taskRunId }) => taskRunId), items.map(({ attempt }) => attempt)],
  );
  return rows.length;
}

const MISBELIEVED = `
  select x.id, x.attempt, t.attempt as present
  from unnest($1::bigint[], $2::int[], $3::text[]) x (id, attempt, outcome)
  join millrace.task_run t on t.id = x.id
  where not (t.attempt = x.attempt and t.ended_at is not null) and not exists (
    select from millrace.attempt a
    where a.task_run_id = x.id and a.attempt = x.attempt and a.outcome = x.outcome
  )`;

/**
 * Finishes that were recorded as those of another attempt. The tables do not say who wrote them, so
 * an overtaken owner who is believed looks like the rightful one there; but what was recorded of an
 * attempt must be there under its own number.
 */
export function findMisbelieved(
  pglite: PreparedPGlite,
  items: readonly FinishItem[],
): readonly Violation[] {
  const ends = items.filter(({ outcome: { type } }) => type === "succeeded" || type === "failed");
  if (ends.length === 0) return [];
  const { rows } = pglite.run(MISBELIEVED, [
    ends.map(({ taskRunId }) => taskRunId),
    ends.map(({ attempt }) => attempt),
    ends.map(({ outcome }) => outcome.type),
  ]);
  return rows.map((row) => {
    const [id, attempt, present] = [row["id"], row["attempt"], row["present"]].map(Number);
    const what = `the end of attempt ${attempt} of task run ${id} was recorded as that of another`;
    return { invariant: "I3", what, detail: { id, attempt, present } as Violation["detail"] };
  });
}
