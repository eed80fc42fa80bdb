import type {
  CheckStore,
  Continuation,
  ControlStore,
  GrowthStore,
  IntakeStore,
  RegistryStore,
  SessionStore,
  SweepStore,
  TaskStore,
  TimerStore,
  TriggerStore,
} from "@millrace/core/internal";
import { type BackfillStore, backfillStore } from "./backfill/backfill-store.ts";
import { checkStore } from "./check/check-store.ts";
import { claim, claimNext } from "./claim.ts";
import { controlStore } from "./control/control-store.ts";
import { settleStranded } from "./control/settle-stranded.ts";
import type { Database } from "./database.ts";
import { withDoors } from "./doors.ts";
import { evaluateFacts } from "./evaluate-facts.ts";
import { finish } from "./finish.ts";
import { recordDeadLetters } from "./dead-letters.ts";
import { recordEvents, recordFacts, recordUpdates } from "./intake-facts.ts";
import { recordObjects } from "./intake-objects.ts";
import { recordStep, setStatus } from "./journal/record-step.ts";
import { type ApprovalStore, approvalStore } from "./journal/approval-store.ts";
import { growthStore } from "./prune/growth-store.ts";
import { SubscriberCache } from "./out/subscriber-cache.ts";
import { latestUpdate } from "./latest-update.ts";
import { type LimitStore, limitStore } from "./limit/limit-store.ts";
import { listSpecs, register } from "./register.ts";
import { type ReleasedUpdate, releaseUpdate } from "./release-update.ts";
import { pause, planResume, type Pausable, resume, type ResumePlan } from "./pause.ts";
import { closeSession, drainSession, listCancelled, listOwned, openSession } from "./sessions.ts";
import { startRun } from "./start-run.ts";
import { expireSessions, listAbandoned, listPending, ringAgain } from "./sweeps.ts";
import { fireDue, nextDueInMs } from "./timers.ts";
import { TriggerCache } from "./trigger-cache.ts";
import { VersionCache } from "./version-cache.ts";

/** Every port of the engine, on one database. */
export interface Store
  extends
    ApprovalStore,
    BackfillStore,
    CheckStore,
    ControlStore,
    GrowthStore,
    IntakeStore,
    LimitStore,
    RegistryStore,
    SessionStore,
    SweepStore,
    TaskStore,
    TimerStore,
    TriggerStore {
  pause(what: Pausable, by: string | null): ReturnType<typeof pause>;
  resume(what: Pausable): ReturnType<typeof resume>;
  planResume(what: Pausable): Promise<ResumePlan>;
  releaseUpdate(updateId: number, by: string): Promise<ReleasedUpdate>;
  /** Ends what sweeps found, over the connections that sweeps have. */
  readonly swept: Pick<TaskStore, "finish">;
}

/** One store a process: it keeps parsed pipeline versions and triggers. */
export function createStore(database: Database): Store {
  const { control, work } = database.apart ?? { control: database, work: database };
  const versions = new VersionCache();
  const caches = {
    versions,
    triggers: new TriggerCache(),
    subscribers: new SubscriberCache(),
  };
  /** Sessions of this process that declare a capacity. */
  const sized = new Set<string>();
  const claimantOf = (sessionId: string) => ({ sessionId, hasCapacity: sized.has(sessionId) });
  const takerOf = (next: Continuation | undefined) =>
    next && { ...next, ...claimantOf(next.sessionId) };
  return withDoors({
    open: async (session) => {
      await openSession(control, session);
      if (session.capacity !== undefined) sized.add(session.sessionId);
    },
    drain: (sessionId) => drainSession(control, sessionId),
    close: (sessionId) => {
      sized.delete(sessionId);
      return closeSession(control, sessionId);
    },
    listCancelled: (sessionId) => listCancelled(control, sessionId),
    listOwned: (sessionId) => listOwned(control, sessionId),
    claim: (sessionId, tasks) => claim(work, versions, claimantOf(sessionId), tasks),
    claimNext: (sessionId, channels, limit) =>
      claimNext(work, versions, claimantOf(sessionId), { channels, limit }),
    finish: (items, next) => finish(work, versions, items, takerOf(next)),
    swept: { finish: (items) => finish(control, versions, items) },
    recordStep: (step) => recordStep(database, step),
    setStatus: (status) => setStatus(database, status),
    latestUpdate: (dataset, partition) => latestUpdate(database, dataset, partition),
    evaluate: (facts, next) => evaluateFacts(work, caches, facts, takerOf(next)),
    listPending: (olderThanMs, limit) => listPending(control, olderThanMs, limit),
    fireDue: (limit) => fireDue(control, versions, limit),
    nextDueInMs: () => nextDueInMs(control),
    ringAgain: (olderThanMs, limit) => ringAgain(control, olderThanMs, limit),
    expireSessions: () => expireSessions(control),
    settleStranded: (olderThanMs, limit) => settleStranded(control, versions, olderThanMs, limit),
    listAbandoned: (graceMs, limit) => listAbandoned(control, graceMs, limit),
    register: (deployment) => register(database, versions, deployment),
    listSpecs: () => listSpecs(database),
    recordUpdates: (items) => recordUpdates(database, items),
    recordFacts: (facts) => recordFacts(database, facts),
    recordEvents: (items) => recordEvents(database, items),
    recordObjects: (items) => recordObjects(database, items),
    recordDeadLetters: (items) => recordDeadLetters(database, items),
    startRun: (start) => startRun(database, versions, start),
    ...backfillStore(database, versions),
    ...limitStore(database, versions),
    sweepLimits: (limit) => limitStore(control, versions).sweepLimits(limit),
    ...growthStore(control),
    ...approvalStore(database, versions),
    ...checkStore(control, versions),
    ...controlStore(database, versions),
    pause: (what, by) => pause(database, versions, what, by),
    resume: (what) => resume(database, versions, what),
    planResume: (what) => planResume(database, what),
    releaseUpdate: (updateId, by) => releaseUpdate(database, updateId, by),
  });
}
