import { sql } from "kysely";
import { type Finding, finding } from "./finding.ts";
import { plain, type World } from "./world.ts";
import type { ToldEvent, WorkerStory } from "./worker-story.ts";

/** What workers say that they did, against each other. */
export function judgeWorkers({ workers }: World, { events }: WorkerStory): readonly Finding[] {
  const claims = events.flatMap((event) => (event.type === "claimed" ? [nameOf(event)] : []));
  const ends = events.flatMap((event) =>
    event.type === "finished" && event.recorded ? [nameOf(event)] : [],
  );
  return [
    ...repeated(claims).map((name) => finding("doubled", `${name} was claimed twice`, name)),
    ...repeated(ends).map((name) => finding("doubled", `${name} was completed twice`, name)),
    ...workers.flatMap(({ oddExits }) =>
      oddExits.map((exit) => finding("process", `${exit.worker} ended by itself`, { ...exit })),
    ),
  ];
}

type Finished = Extract<ToldEvent, { readonly type: "finished" }>;
type Claimed = Extract<ToldEvent, { readonly type: "claimed" }>;

function nameOf({ attempt }: Finished | Claimed): string {
  return `attempt ${attempt.attempt} of task run ${attempt.taskRunId}`;
}

function repeated(names: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].flatMap(([name, count]) => (count > 1 ? [name] : []));
}

/** A finish that failed is told as a problem just before: that one nobody has refused. */
const TOLD_WITHIN_MS = 100;

/** Finishes that came after somebody else had taken over, and that the database refused. */
export async function countFenced({ direct }: World, { events }: WorkerStory): Promise<number> {
  const late = events.filter(
    (event): event is Finished =>
      event.type === "finished" && !event.recorded && event.outcome !== "lost",
  );
  const failed = events.filter((event) => event.type === "problem" && event.where === "finish");
  const refused = late.filter(
    ({ pid, at }) =>
      !failed.some((each) => each.pid === pid && at >= each.at && at - each.at < TOLD_WITHIN_MS),
  );
  const ids = [...new Set(refused.map(({ attempt }) => attempt.taskRunId))];
  const { rows } = await sql<{ id: number; attempt: number }>`
    select task_run_id as id, attempt from millrace.attempt
    where task_run_id = any(${ids})`.execute(plain(direct));
  const over = new Set(rows.map(({ id, attempt }) => `${id} ${attempt}`));
  return refused.filter(({ attempt }) => over.has(`${attempt.taskRunId} ${attempt.attempt}`))
    .length;
}
