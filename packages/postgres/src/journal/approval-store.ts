import type { Afterwards } from "@millrace/core/internal";
import type { Database } from "../database.ts";
import type { VersionCache } from "../version-cache.ts";
import {
  answerApproval,
  type ApprovalRemark,
  commentApproval,
  type Verdict,
} from "./answer-approval.ts";
import { listApprovals, type OpenApproval } from "./read-approvals.ts";

/** What people say to tasks that ask them. */
export interface ApprovalStore {
  /**
   * Answers an approval; of two who answer at once, the first one counts.
   *
   * @param item - Of a mapped task; null otherwise.
   * @throws {NOT_FOUND} When the task has asked for no approval.
   * @throws {CONFLICT} When it has been answered already, or nobody waits for it any more.
   * @throws {FORBIDDEN} When the speaker has none of the roles that it asks for.
   * @throws {INPUT_INVALID} When several are open and `name` does not say which.
   */
  answerApproval(
    runId: number,
    task: string,
    item: number | null,
    said: Verdict,
  ): Promise<Afterwards>;
  /** Adds a comment to one that is open. Everybody may. @throws As `answerApproval` otherwise. */
  commentApproval(
    runId: number,
    task: string,
    item: number | null,
    said: ApprovalRemark,
  ): Promise<Afterwards>;
  /** Those that are open, oldest first, at most `limit` (1,000). */
  listApprovals(limit?: number): Promise<readonly OpenApproval[]>;
}

export function approvalStore(database: Database, versions: VersionCache): ApprovalStore {
  return {
    answerApproval: (runId, task, item, said) =>
      answerApproval(database, versions, { runId, task, item, name: said.name }, said),
    commentApproval: (runId, task, item, said) =>
      commentApproval(database, versions, { runId, task, item, name: said.name }, said),
    listApprovals: (limit) => listApprovals(database, limit),
  };
}
