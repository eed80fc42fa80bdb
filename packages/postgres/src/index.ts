export * from "./database.ts";
export { PATIENT, PROMPT, type Timeouts, UNHURRIED } from "./server-pool.ts";
export * from "./migrate.ts";
export * from "./create-store.ts";
export { isConnectionError, sqlstateOf } from "./sqlstate.ts";
export type { BackfillStore } from "./backfill/backfill-store.ts";
export { backfillName, noBackfill } from "./backfill/backfill-rows.ts";
export * from "./backfill/read-backfills.ts";
export { BACKFILL_ACTIVE_MAX, type BackfillRequest } from "./backfill/store-plan.ts";
export type { ApprovalStore } from "./journal/approval-store.ts";
export type { ApprovalRemark, Verdict } from "./journal/answer-approval.ts";
export type { ApprovalComment, OpenApproval } from "./journal/read-approvals.ts";
export * from "./explain/why.ts";
export type { Pausable, ResumePlan } from "./pause.ts";
export type { LimitStore } from "./limit/limit-store.ts";
export type { LimitChange, LimitRef } from "./limit/set-limit.ts";
export type { LimitReport } from "./limit/list-limits.ts";
export * from "./read-activity.ts";
export { listAwaitedEvents } from "./journal/awaited-events.ts";
export * from "./read-deliveries.ts";
export * from "./read-run-notes.ts";
export * from "./read-runs.ts";
export { readUntold, type Untold } from "./out/read-untold.ts";
export { type RenewalWorld, renewLease } from "./lease/lease-renewal.ts";
export { RENEW_LEASE } from "./lease/renew-statement.ts";
export { NoLeaseKeeper } from "./lease/no-lease-keeper.ts";
export { PostgresLeaseKeeper } from "./lease/postgres-lease-keeper.ts";
export { type History, loadHistory, type RecordedRun } from "./replay-facts.ts";
export { outboxStore } from "./out/outbox-store.ts";
export { openSubscribers, type OutItem, putOut, putOutNow } from "./out/put-out.ts";
export { type DeclaredSubscriber, declareSubscribers } from "./out/declare-subscribers.ts";
export { feedStore } from "./out/feed-outbox.ts";
export { readOutbox, type SubscriberReport } from "./out/read-outbox.ts";
export {
  type DeadDelivery,
  listDeadDeliveries,
  redrive,
  type Redriven,
} from "./out/dead-deliveries.ts";
export { type DeadLetterRow, listDeadLetters, readDeadLetter } from "./out/read-dead-letters.ts";
