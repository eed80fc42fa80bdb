import { type Afterwards, MillraceError } from "@millrace/core/internal";
import { sql } from "kysely";
import { writeAudit } from "../control/audit.ts";
import type { Database } from "../database.ts";
import { lockRuns } from "../progress-runs.ts";
import type { Tx } from "../transact.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform } from "../work.ts";
import { type ApprovalStep, loadApprovals } from "./read-approvals.ts";
import { settleWaits } from "./settle-waits.ts";

/** Which approval: one of several in a task is told apart by its name. */
interface ApprovalPlace {
  readonly runId: number;
  readonly task: string;
  /** Of a mapped task; null otherwise. */
  readonly item: number | null;
  readonly name?: string | undefined;
}

export interface Verdict {
  readonly verdict: "approved" | "rejected";
  readonly by: string;
  /** Those of whoever answers. */
  readonly roles: readonly string[];
  readonly comment: string | null;
  /** Which one, where a task has asked for several. */
  readonly name?: string;
}

export interface ApprovalRemark {
  readonly by: string;
  readonly comment: string;
  readonly name?: string;
}

/**
 * Answers an approval, in one transaction that is written down with who and why. Of two who answer
 * at once, the first one counts.
 *
 * @throws {NOT_FOUND} When the task has asked for no approval.
 * @throws {CONFLICT} When it has been answered already, or nobody waits for it any more.
 * @throws {FORBIDDEN} When the speaker has none of the roles that it asks for.
 * @throws {INPUT_INVALID} When several are open and `name` does not say which.
 */
export function answerApproval(
  database: Database,
  versions: VersionCache,
  place: ApprovalPlace,
  said: Verdict,
): Promise<Afterwards> {
  return perform(database, versions, "answer an approval", async (work) => {
    const { tx } = work;
    await lockRuns(tx, [place.runId]);
    const step = await findOpen(tx, place);
    checkRoles(step, place, said);
    const { by, comment, verdict } = said;
    const { rows } = await sql<{ now: Date }>`select millrace.now() as now`.execute(tx);
    const at = rows[0]?.now.toISOString() ?? null;
    await settleWaits(work, [{ stepId: step.id, value: { verdict, by, comment, at } }]);
    await writeAudit(tx, {
      by,
      why: comment,
      action: verdict === "approved" ? "approve" : "reject",
      runId: place.runId,
      task: place.task,
      detail: { name: step.name, ...(place.item === null ? {} : { item: place.item }) },
    });
    return {};
  });
}

/**
 * Adds a comment to an approval that is open, without answering it. Everybody may.
 *
 * @throws As {@link answerApproval}, apart from FORBIDDEN.
 */
export function commentApproval(
  database: Database,
  versions: VersionCache,
  place: ApprovalPlace,
  said: ApprovalRemark,
): Promise<Afterwards> {
  return perform(database, versions, "comment on an approval", async ({ tx }) => {
    await lockRuns(tx, [place.runId]);
    const step = await findOpen(tx, place);
    const { by, comment } = said;
    await sql`insert into millrace.approval_comment (step_id, by, comment)
      values (${step.id}, ${by}, ${comment})`.execute(tx);
    const { runId, task } = place;
    const detail = { name: step.name };
    await writeAudit(tx, { by, why: comment, action: "comment", runId, task, detail });
    return {};
  });
}

async function findOpen(tx: Tx, place: ApprovalPlace): Promise<ApprovalStep> {
  const all = await loadApprovals(tx, place.runId, place.task, place.item);
  const named = all.filter(({ name }) => place.name === undefined || name === place.name);
  const open = named.filter(({ state }) => state === "waiting");
  const [only] = open;
  if (only !== undefined && open.length === 1) return only;
  if (only !== undefined) throw ambiguous(place, open);
  throw notOpen(place, named.at(-1));
}

function describe({ runId, task, item }: ApprovalPlace): string {
  return `task ${task}${item === null ? "" : ` item ${item}`} of run_${runId}`;
}

function ambiguous(place: ApprovalPlace, open: readonly ApprovalStep[]): MillraceError {
  const names = open.map(({ name }) => JSON.stringify(name)).join(", ");
  const issue = `several approvals of it are open: ${names}; say which one`;
  return new MillraceError(
    "INPUT_INVALID",
    { what: `approval of ${describe(place)}`, issues: [issue] },
    `The ${describe(place)} cannot be answered: ${issue}.`,
  );
}

function notOpen(place: ApprovalPlace, last: ApprovalStep | undefined): MillraceError {
  const what = `approval of ${describe(place)}`;
  if (last === undefined) {
    const mend = "List those that are open with `millrace approvals`.";
    const message = `The ${describe(place)} has not asked for an approval. ${mend}`;
    return new MillraceError("NOT_FOUND", { what: "approval", name: describe(place) }, message);
  }
  const detail =
    last.state === "done" && last.value.by !== null
      ? `it was ${last.value.verdict} by ${last.value.by} at ${last.value.at}`
      : last.state === "done"
        ? `its time was up at ${last.value.at}`
        : "its task ended without an answer";
  return new MillraceError("CONFLICT", { what, detail }, `The ${what} is closed: ${detail}.`);
}

function checkRoles(step: ApprovalStep, place: ApprovalPlace, { by, roles }: Verdict): void {
  const needs = step.wait.roles;
  if (needs.length === 0 || needs.some((role) => roles.includes(role))) return;
  const what = `approval of ${describe(place)}`;
  throw new MillraceError(
    "FORBIDDEN",
    { what, needs },
    `${by} may not answer the ${what}: it asks for the role ${needs.join(" or ")}.`,
  );
}
