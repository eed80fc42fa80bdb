import {
  type BackfillEffect,
  type BackfillSelection,
  type BackfillState,
  type BackfillUpdates,
  type ExistingPolicy,
  type JsonValue,
  MillraceError,
  type PipelineId,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { ascending } from "../records.ts";
import type { Tx } from "../transact.ts";

/** What the column `plan` holds beside the items: what was asked for, and whom it reaches. */
export interface StoredPlan {
  readonly selection: BackfillSelection;
  readonly existing: ExistingPolicy;
  readonly downstream: readonly BackfillEffect[];
}

export interface BackfillRow {
  readonly id: number;
  readonly pipeline: PipelineId;
  readonly state: BackfillState;
  readonly updates: BackfillUpdates;
  readonly plan: StoredPlan;
  readonly params: JsonValue;
  /** Null: the pipeline is in no deployment any more. */
  readonly versionId: number | null;
}

/** Locks backfills by id. After the registry and trigger groups, before runs and limits. */
export async function lockBackfills(
  tx: Tx,
  ids: readonly number[],
): Promise<readonly BackfillRow[]> {
  const wanted = ascending(ids);
  await sql`select id from millrace.backfill where id = any(${wanted}::bigint[])
    order by id for no key update`.execute(tx);
  // In a statement of its own: the one that took the locks still sees what was before them.
  const { rows } = await sql<BackfillRow>`
    select b.id, p.namespace || '/' || p.name as pipeline, b.state, b.updates, b.plan, b.params,
      p.version_id as "versionId"
    from millrace.backfill b join millrace.pipeline p on p.id = b.pipeline_id
    where b.id = any(${wanted}::bigint[]) order by b.id`.execute(tx);
  return rows;
}

/** @throws {NOT_FOUND} When there is no such backfill. */
export async function lockBackfill(tx: Tx, id: number): Promise<BackfillRow> {
  const [row] = await lockBackfills(tx, [id]);
  if (row === undefined) throw noBackfill(id);
  return row;
}

export function noBackfill(id: number): MillraceError<"NOT_FOUND"> {
  return new MillraceError(
    "NOT_FOUND",
    { what: "backfill", name: backfillName(id) },
    `There is no backfill ${backfillName(id)}. List them with \`millrace backfill ls\`.`,
  );
}

/** `backfill_7`: how commands and correlation ids name a backfill. */
export function backfillName(id: number): string {
  return `backfill_${id}`;
}

/** The error for what a backfill cannot do in the state that it has. */
export function wrongState(
  { id, state }: Pick<BackfillRow, "id" | "state">,
  wish: string,
  mend: string,
): MillraceError<"CONFLICT"> {
  return new MillraceError(
    "CONFLICT",
    { what: backfillName(id), detail: `it is ${state}` },
    `${backfillName(id)} is ${state}, so it cannot be ${wish}. ${mend}`,
  );
}
