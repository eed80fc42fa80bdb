import { randomUUID } from "node:crypto";
import { present } from "@millrace/core/internal";
import { RENEW_LEASE } from "@millrace/postgres";
import { CompiledQuery } from "kysely";
import { failed, ok, produced } from "../engine.ts";
import { forEvent, suspended } from "../waiting-room.ts";
import {
  backfillOf,
  CHANNELS,
  eventOf,
  itemOf,
  manualOf,
  NOBODY_HEARS_MS,
  SAID,
  updateOf,
} from "./story-items.ts";
import type { Story } from "./story.ts";
import { EDITED } from "./story-specs.ts";
import type { Transaction } from "./transaction.ts";

const mainTask = ({ running, mainOne }: Story, name: string) =>
  present(running.find(({ task, runId }) => task === name && runId === mainOne));

const outOfMain = produced("out", {}, { rows: 1 });
const ana = { by: "ana", roles: [], comment: "a race" } as const;
const main = { pipeline: "default/main", trigger: null } as const;

const batched = { pipeline: "default/batched", trigger: null } as const;

const intake: readonly Transaction[] = [
  {
    name: "register",
    act: (store) => store.register({ name: "story", build: null, pipelines: EDITED }),
  },
  {
    name: "record updates",
    act: (store) => store.recordUpdates([updateOf("in", 1, "seen"), updateOf("out", 1, "new")]),
  },
  { name: "record events", act: (store) => store.recordEvents([eventOf("go", "new")]) },
  {
    name: "record objects",
    act: (store) =>
      store.recordObjects([
        {
          ...{ dataset: "default/in", partition: {}, kind: "changed", bucket: "b", key: "k" },
          ...{ etag: "e", bytes: 1, versionId: "v", sequencer: "1", at: 0, via: "event" },
        },
      ]),
  },
  { name: "start a run", act: (store) => store.startRun(manualOf("default/main", "once")) },
  { name: "start another run", act: (store) => store.startRun(manualOf("team/lone")) },
  {
    name: "release an update",
    act: (store, story) => store.releaseUpdate(story.quarantined, "ana"),
  },
];

const triggers: readonly Transaction[] = [
  { name: "evaluate", act: (store, story) => store.evaluate(story.facts) },
  {
    name: "evaluate an update",
    act: (store, { updates }) => store.evaluate(updates.slice(0, 1)),
  },
  {
    name: "evaluate the next update",
    act: (store, { updates }) => store.evaluate(updates.slice(1)),
  },
  { name: "fire timers", act: (store) => store.fireDue(100) },
  { name: "pause a pipeline", act: (store) => store.pause(main, "ana") },
  { name: "pause a trigger", act: (store) => store.pause({ ...main, trigger: "on" }, "ana") },
  { name: "resume a pipeline", act: (store) => store.resume(batched) },
];

const tasks: readonly Transaction[] = [
  { name: "claim by bell", act: (store, { sessionId, ready }) => store.claim(sessionId, ready) },
  { name: "claim", act: (store, { sessionId }) => store.claimNext(sessionId, CHANNELS, 50) },
  {
    name: "finish: succeeded",
    act: (store, story) => store.finish([itemOf(mainTask(story, "a"), outOfMain)]),
  },
  {
    name: "finish: all that runs",
    act: (store, { running, speaking }) =>
      store.finish([...running, speaking].map((task) => itemOf(task, ok()))),
  },
  {
    name: "finish: to be retried",
    act: (store, { running }) =>
      store.finish(
        running.filter(({ task }) => task === "d").map((task) => itemOf(task, failed())),
      ),
  },
  {
    name: "finish: suspended",
    act: (store, { speaking }) =>
      store.finish([itemOf(speaking, suspended({ name: "go", wait: forEvent("go") }))]),
  },
  {
    name: "finish: lost",
    act: (store, { lost }) => store.finish([itemOf(lost, { type: "lost" })]),
  },
  {
    name: "finish: handed back",
    act: (store, story) => store.finish([itemOf(mainTask(story, "a"), { type: "released" })]),
  },
  {
    name: "record a step",
    act: (store, story) => store.recordStep({ ...mainTask(story, "a"), name: "s", value: 1 }),
  },
  {
    name: "set a status",
    act: (store, story) => store.setStatus({ ...mainTask(story, "a"), key: "k", value: 1 }),
  },
];

const sweeps: readonly Transaction[] = [
  { name: "ring again", act: (store) => store.ringAgain(1_000, 100) },
  { name: "expire sessions", act: (store) => store.expireSessions() },
  { name: "settle stranded runs", act: (store) => store.settleStranded(NOBODY_HEARS_MS, 100) },
  { name: "sweep limits", act: (store) => store.sweepLimits(100) },
  {
    name: "finish abandoned attempts",
    act: async (store) => store.finish(await store.listAbandoned(0, 100)),
  },
];

const limits: readonly Transaction[] = [
  {
    name: "set a pool",
    act: (store) => store.setLimit({ kind: "pool", name: "db", tasks: 2 }, SAID),
  },
  {
    name: "set a namespace's limits",
    act: (store) => store.setLimit({ kind: "namespace", name: "default", tasks: 4, runs: 3 }, SAID),
  },
  {
    name: "set the limits of all",
    act: (store) => store.setLimit({ kind: "all", name: "", tasks: 6, runs: 30 }, SAID),
  },
];

const control: readonly Transaction[] = [
  { name: "cancel a run", act: (store, { mainOne }) => store.cancelRun(mainOne, SAID) },
  { name: "cancel a queued run", act: (store, story) => store.cancelRun(story.mainQueued, SAID) },
  { name: "cancel a caller", act: (store, { caller }) => store.cancelRun(caller, SAID) },
  { name: "pause a run", act: (store, { mainTwo }) => store.pauseRun(mainTwo, SAID) },
  { name: "resume a run", act: (store, { paused }) => store.resumeRun(paused, SAID) },
  { name: "retry a run", act: (store, { ended }) => store.retryFailed(ended, SAID) },
  { name: "do a task again", act: (store, story) => store.rerunFrom(story.mainTwo, "d", SAID) },
  {
    name: "mark a task",
    act: (store, { mainOne }) =>
      store.markTask(mainOne, "a", { as: "succeeded", emit: true }, SAID),
  },
  {
    name: "approve",
    act: (store, { asking }) =>
      store.answerApproval(asking, "ask", null, { ...ana, verdict: "approved" }),
  },
  {
    name: "comment on an approval",
    act: (store, { asking }) => store.commentApproval(asking, "ask", null, ana),
  },
];

const backfills: readonly Transaction[] = [
  {
    name: "plan a backfill",
    act: (store) => store.planBackfill(backfillOf("2026-04-01", "2026-04-02")),
  },
  { name: "submit a backfill", act: (store, { planned }) => store.submitBackfill(planned) },
  { name: "pause a backfill", act: (store, { filling }) => store.pauseBackfill(filling) },
  { name: "resume a backfill", act: (store, { filling }) => store.resumeBackfill(filling) },
  { name: "cancel a backfill", act: (store, { filling }) => store.cancelBackfill(filling) },
  { name: "retry a backfill", act: (store, { backfilled }) => store.retryBackfill(backfilled) },
];

const sessions: readonly Transaction[] = [
  {
    name: "open a session",
    act: (store) => {
      const host = { host: "test", pid: 2, slots: 1, channels: CHANNELS, leaseMs: 60_000 };
      // Nobody ever had the id before: that is a promise of those who open one.
      return store.open({ sessionId: randomUUID(), ...host });
    },
  },
  { name: "drain a session", act: (store, { idleSessionId }) => store.drain(idleSessionId) },
  { name: "close a session", act: (store, { sessionId }) => store.close(sessionId) },
  {
    name: "renew a lease",
    act: (_, { sessionId }, { db }) =>
      db.executeQuery(CompiledQuery.raw(RENEW_LEASE, [sessionId, 60_000])),
  },
];

/**
 * Every transaction that writes to the schema, by what it is about; besides dead letters, which
 * nobody else touches, and pruning, which finds too little in the story that is old enough.
 */
export const GROUPS = { intake, triggers, tasks, sweeps, limits, control, backfills, sessions };

export const TRANSACTIONS: readonly Transaction[] = Object.values(GROUPS).flat();
