import {
  admitEvents,
  admitId,
  admitName,
  admitObjects,
  admitRemark,
  admitSaid,
  admitStart,
  admitUpdates,
  admitValue,
  cleanOutcome,
  type Mark,
} from "@millrace/core/internal";
import type { Store } from "./create-store.ts";

/**
 * A store that looks at what comes from outside before it reaches the database: what cannot be
 * stored as it is, is refused by the place where it stands, and nothing of the call happens. Only
 * the words of a failure are cleaned instead, because failing must never fail.
 */
export function withDoors(store: Store): Store {
  const finish: Store["finish"] = (items, next) =>
    store.finish(
      items.map((item) => ({ ...item, outcome: cleanOutcome(item.outcome) })),
      next,
    );
  return { ...store, finish, ...intakeDoors(store), ...controlDoors(store), ...otherDoors(store) };
}

function intakeDoors(store: Store): Partial<Store> {
  return {
    recordUpdates: async (items) => store.recordUpdates(admitUpdates(items)),
    recordEvents: async (items) => store.recordEvents(admitEvents(items)),
    recordFacts: async ({ updates, events }) =>
      store.recordFacts({ updates: admitUpdates(updates), events: admitEvents(events) }),
    recordObjects: async (items) => store.recordObjects(admitObjects(items)),
    startRun: async (start) => store.startRun(admitStart(start)),
    planBackfill: async (request) => {
      admitName("pipeline", request.pipeline);
      return store.planBackfill({ ...request, params: admitValue("params", request.params) });
    },
    submitBackfill: async (id) => store.submitBackfill(known("backfill", id)),
    pauseBackfill: async (id) => store.pauseBackfill(known("backfill", id)),
    resumeBackfill: async (id) => store.resumeBackfill(known("backfill", id)),
    cancelBackfill: async (id) => store.cancelBackfill(known("backfill", id)),
    retryBackfill: async (id) => store.retryBackfill(known("backfill", id)),
  };
}

function controlDoors(store: Store): Partial<Store> {
  return {
    cancelRun: async (runId, said) => {
      if (said !== undefined) admitSaid(said);
      return store.cancelRun(known("run", runId), said);
    },
    pauseRun: async (runId, said) => {
      admitSaid(said);
      return store.pauseRun(known("run", runId), said);
    },
    resumeRun: async (runId, said) => {
      admitSaid(said);
      return store.resumeRun(known("run", runId), said);
    },
    retryFailed: async (runId, said, options) => {
      admitSaid(said);
      return store.retryFailed(known("run", runId), said, options);
    },
    rerunFrom: async (runId, task, said, options) => {
      admitName("task", task);
      admitSaid(said);
      return store.rerunFrom(known("run", runId), task, said, options);
    },
    clearTask: async (runId, task, said) => {
      admitName("task", task);
      admitSaid(said);
      return store.clearTask(known("run", runId), task, said);
    },
    markTask: async (runId, task, mark, said) => {
      admitName("task", task);
      admitSaid(said);
      return store.markTask(known("run", runId), task, markOf(mark), said);
    },
  };
}

function otherDoors(store: Store): Partial<Store> {
  return {
    answerApproval: async (runId, task, item, said) => {
      admitName("task", task);
      admitRemark(said);
      return store.answerApproval(known("run", runId), task, item, said);
    },
    commentApproval: async (runId, task, item, said) => {
      admitName("task", task);
      admitRemark(said);
      return store.commentApproval(known("run", runId), task, item, said);
    },
    setLimit: async (change, said) => {
      admitName(change.kind, change.kind === "all" ? null : change.name);
      if (said !== undefined) admitSaid(said);
      return store.setLimit(change, said);
    },
    pause: async (what, by) => {
      admitName("pipeline", what.pipeline);
      admitName("trigger", what.trigger);
      admitName("person", by);
      return store.pause(what, by);
    },
    resume: async (what) => {
      admitName("pipeline", what.pipeline);
      admitName("trigger", what.trigger);
      return store.resume(what);
    },
    planResume: async (what) => {
      admitName("pipeline", what.pipeline);
      admitName("trigger", what.trigger);
      return store.planResume(what);
    },
    releaseUpdate: async (updateId, by) => {
      admitSaid({ by, why: null });
      return store.releaseUpdate(known("update", updateId), by);
    },
  };
}

function known(what: string, id: number): number {
  admitId(what, id);
  return id;
}

function markOf(mark: Mark): Mark {
  if (mark.output === undefined) return mark;
  return { ...mark, output: admitValue("output", mark.output) };
}
