import type { Stage } from "./stage.ts";

/** What the state at the end tells of the way there, by name. */
const REMAINS: Readonly<Record<string, string>> = {
  "attempts lost with their worker": "from millrace.attempt where outcome = 'lost'",
  "attempts handed back": "from millrace.attempt where outcome = 'released'",
  "tasks that were poison": "from millrace.task_run where crashes >= 3",
  "tasks tried again": "from millrace.task_run where failures > 0 and state = 'succeeded'",
  "dead letters": "from millrace.dead_letter",
  "runs that outlived their version": `from millrace.run r
    where exists (select from millrace.pipeline_version v
      where v.pipeline_id = r.pipeline_id and v.id > r.version_id and v.registered_at < r.ended_at)`,
  "runs started by schedules": "from millrace.schedule_fire",
  "updates that others consumed": "from millrace.delivery where run_id is not null",
};

/** Counts what is left in the database. */
export function countRemains({ pglite }: Stage, count: (name: string, by: number) => void): void {
  for (const [name, rest] of Object.entries(REMAINS)) {
    const { rows } = pglite.run(`select count(*)::int as n ${rest}`);
    const n = Number(rows[0]?.["n"]);
    if (n > 0) count(name, n);
  }
}
