import type { Wait } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import type { Tx } from "../transact.ts";

/** An approval that waits for people. */
export interface OpenApproval {
  readonly runId: number;
  readonly pipeline: string;
  readonly task: string;
  /** Of a mapped task; null otherwise. */
  readonly item: number | null;
  /** Tells several in one task apart. */
  readonly name: string;
  readonly asks: string;
  /** Any of them may answer; empty: everybody. */
  readonly roles: readonly string[];
  readonly since: Date;
  /** When its time is up; null: never. */
  readonly due: Date | null;
  readonly comments: readonly ApprovalComment[];
}

export interface ApprovalComment {
  readonly by: string;
  readonly comment: string;
  /** ISO 8601. */
  readonly at: string;
}

type ApprovalWait = Extract<Wait, { readonly kind: "approval" }>;

/** Approvals that wait for people, oldest first, at most `limit`. */
export async function listApprovals(
  database: Database,
  limit = 1_000,
): Promise<readonly OpenApproval[]> {
  const { rows } = await sql<{
    run_id: number;
    pipeline: string;
    task: string;
    item: number;
    name: string;
    wait: ApprovalWait;
    since: Date;
    due_at: Date | null;
    comments: readonly ApprovalComment[];
  }>`select s.run_id, p.namespace || '/' || p.name as pipeline,
       v.spec -> 'tasks' -> t.task ->> 'name' as task, t.item, s.name, s.wait, s.since, d.due_at,
       coalesce((
         select jsonb_agg(jsonb_build_object('by', c.by, 'comment', c.comment, 'at', c.at)
           order by c.id)
         from millrace.approval_comment c where c.step_id = s.id
       ), '[]') as comments
     from millrace.step s join millrace.task_run t on t.id = s.task_run_id
     join millrace.run r on r.id = s.run_id
     join millrace.pipeline p on p.id = r.pipeline_id
     join millrace.pipeline_version v on v.id = r.version_id
     left join millrace.timer d on d.step_id = s.id and d.kind = 'step'
     where s.state = 'waiting' and s.wait ->> 'kind' = 'approval' and r.cancel_requested_at is null
     order by s.id limit ${limit}`.execute(database.db);
  return rows.map(({ run_id, item, wait, due_at, ...row }) => ({
    runId: run_id,
    pipeline: row.pipeline,
    task: row.task,
    item: item < 0 ? null : item,
    name: row.name,
    asks: wait.asks,
    roles: wait.roles,
    since: row.since,
    due: due_at,
    comments: row.comments,
  }));
}

/** An approval of a task, waiting or not. */
export interface ApprovalStep {
  readonly id: number;
  readonly name: string;
  readonly state: "waiting" | "done" | "closed";
  readonly wait: ApprovalWait;
  readonly value: { readonly verdict: string; readonly by: string | null; readonly at: string };
}

/** The approvals that a task has asked for, by its name and item, oldest first. */
export async function loadApprovals(
  tx: Tx,
  runId: number,
  task: string,
  item: number | null,
): Promise<readonly ApprovalStep[]> {
  const { rows } = await sql<ApprovalStep>`
    select s.id, s.name, s.state, s.wait, s.value
    from millrace.step s join millrace.task_run t on t.id = s.task_run_id
    join millrace.run r on r.id = s.run_id
    join millrace.pipeline_version v on v.id = r.version_id
    where s.run_id = ${runId} and s.wait ->> 'kind' = 'approval' and t.item = ${item ?? -1}
      and v.spec -> 'tasks' -> t.task ->> 'name' = ${task}
    order by s.id`.execute(tx);
  return rows;
}
