/** What the page of defaults says is what the code does. */
import { readFileSync } from "node:fs";
import path from "node:path";
import {
  APPROVAL_DEFAULTS,
  AT_MOST_DEFAULT,
  CALL_DEPTH_MAX,
  CHANNEL_ALERTS_MAX,
  CRASHES_MAX,
  formatDuration,
  HOPS_MAX,
  LIMIT_MAX,
  MAP_ITEMS_MAX,
  PIPELINE_ALERTS_MAX,
  PIPELINE_DEFAULTS,
  POLL_DEFAULTS,
  POOL_SLOTS_DEFAULT,
  RETRY_DEFAULTS,
  RUN_WAIT_DEFAULTS,
  TASK_DEFAULTS,
} from "@millrace/core/internal";
import {
  EVENT_SOURCE_DEFAULTS,
  HEADER_BYTES_MAX,
  HTTP_LIMITS,
  SENSOR_WAIT,
  TIMEOUT_MS,
  WEBHOOK_POLICY,
} from "@millrace/sensors/internal";
import { CHECKER_DEFAULTS, SWEEPER_DEFAULTS, WORKER_DEFAULTS } from "@millrace/worker";
import { expect, test } from "vitest";
import { GRACE_DEFAULT } from "../packages/cli/src/commands/worker.ts";
import { KEYS_MS_MIN } from "../packages/cli/src/input/retention.ts";
import { CHECKS_MAX } from "../packages/postgres/src/check/take-checks.ts";
import { MEMORIES_KEPT } from "../packages/postgres/src/prune/prune-memories.ts";
import { PRIORITY_MS } from "../packages/postgres/src/ready-rows.ts";
import { BLOB_BYTES_MAX } from "../packages/worker/src/blob/attempt-blobs.ts";
import { INLINE_BYTES_MAX, STORED_BYTES_MAX } from "../packages/worker/src/blob/stored-values.ts";
import {
  ANNOUNCED_MAX,
  METADATA_BYTES_MAX,
} from "../packages/worker/src/executor/announcements.ts";
import { KEYS_MAX, VALUE_BYTES_MAX } from "../packages/worker/src/executor/status-board.ts";

const page = readFileSync(path.join(import.meta.dirname, "../docs/defaults.md"), "utf8");

/** Of each row its name, default and range. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (what|-)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
  .map(([, what = "", value = "", , range = ""]) => ({ what, value, range }));
const whole = new Intl.NumberFormat("en-US");

function size(bytes: number): string {
  const [unit, name] = bytes >= 1_048_576 ? [1_048_576, "MiB"] : [1_024, "KiB"];
  return `${bytes / unit} ${name}`;
}

function orNone(limit: number | null): string {
  return limit === null ? "none" : String(limit);
}

const { match, timeoutMs, onFailure, onTimeout, onMissing } = RUN_WAIT_DEFAULTS;

const DEFAULTS: Readonly<Record<string, string>> = {
  "body that a hook takes": size(HTTP_LIMITS.bytesMax),
  "headers of a request to a hook": size(HEADER_BYTES_MAX),
  "time that such a body may take to come": formatDuration(HTTP_LIMITS.timeoutMs),
  "requests that are taken at once": String(HTTP_LIMITS.requestsMax),
  "events in a batch of CloudEvents": whole.format(HTTP_LIMITS.batchMax),
  "grace of requests, after SIGTERM": GRACE_DEFAULT,
  "timeout of an attempt to deliver": formatDuration(TIMEOUT_MS),
  "attempts to deliver a message": String(WEBHOOK_POLICY.attemptsMax),
  "time in which a message is tried": formatDuration(WEBHOOK_POLICY.ageMsMax),
  "attempts where the message itself is refused": String(WEBHOOK_POLICY.refusalsMax),
  "longest delay between attempts": formatDuration(WEBHOOK_POLICY.delayMsMax),
  "alerts of a pipeline that are told one by one": String(PIPELINE_ALERTS_MAX),
  "alerts of a kind that are told one by one": String(CHANNEL_ALERTS_MAX),
  "message that a source takes": size(HTTP_LIMITS.bytesMax),
  "deliveries of a message, then a dead letter": String(EVENT_SOURCE_DEFAULTS.deliveriesMax),
  "messages in hand at once": String(EVENT_SOURCE_DEFAULTS.batchMax),
  "time that NATS leaves a message in dead hands": EVENT_SOURCE_DEFAULTS.ackWait,
  "time between looks at a table, if nobody notifies": EVENT_SOURCE_DEFAULTS.every,
  "timeout of an attempt": formatDuration(TASK_DEFAULTS.timeoutMs),
  retries: String(RETRY_DEFAULTS.limit),
  "backoff between retries": RETRY_DEFAULTS.backoff,
  "first delay of a retry": formatDuration(RETRY_DEFAULTS.delayMs),
  "longest delay of a retry": formatDuration(RETRY_DEFAULTS.maxMs),
  "jitter of a retry": RETRY_DEFAULTS.jitter ? "on" : "off",
  "workers that may die under a task": String(CRASHES_MAX),
  "run-if rule": TASK_DEFAULTS.runIf,
  queue: TASK_DEFAULTS.queue,
  priority: String(TASK_DEFAULTS.priority),
  "head start for each point of priority": formatDuration(PRIORITY_MS),
  "slots that a task takes of its pool": String(POOL_SLOTS_DEFAULT),
  "timeout of a poll": orNone(POLL_DEFAULTS.timeoutMs),
  "end of a poll whose time is up": POLL_DEFAULTS.onTimeout,
  "timeout of an approval": orNone(APPROVAL_DEFAULTS.timeoutMs),
  "end of an approval whose time is up": APPROVAL_DEFAULTS.onTimeout,
  "who may approve": APPROVAL_DEFAULTS.roles.length === 0 ? "everybody" : "some",
  "a trigger whose pipeline has so many": PIPELINE_DEFAULTS.whenActive,
  "a version that no live worker has": PIPELINE_DEFAULTS.onMissingVersion,
  "timeout of a wait for a run": orNone(timeoutMs),
  "which run a waitFor means": match.by,
  "a run that is waited for and failed": onFailure,
  "a run that is waited for too long": onTimeout,
  "a run that is waited for and is not there": onMissing,
  "depth of calls": String(CALL_DEPTH_MAX),
  "jitter of that time": `${SENSOR_WAIT.jitter * 100}%`,
  "something that is not there, or cannot be asked": SENSOR_WAIT.onMissing.then,
  "something that is gone, or failed over there": SENSOR_WAIT.onRemoved.then,
  "time between two asks of one target": formatDuration(CHECKER_DEFAULTS.gapMs),
  "time that one ask of a target may take": formatDuration(CHECKER_DEFAULTS.askMs),
  "time until a target is asked that could not be": `${formatDuration(CHECKER_DEFAULTS.retryMs)} to ${formatDuration(CHECKER_DEFAULTS.retryMsMax)}`,
  "targets that a process asks at once": String(CHECKER_DEFAULTS.targetsMax),
  "checks of one target in an ask": whole.format(CHECKS_MAX),
  "watermarks of a task that are kept, whatever their age": whole.format(MEMORIES_KEPT),
  "active runs of a pipeline": orNone(PIPELINE_DEFAULTS.maxActiveRuns),
  "tasks of a run in flight": String(PIPELINE_DEFAULTS.maxParallelTasks),
  "partitions that one fact may be for": whole.format(AT_MOST_DEFAULT),
  "hops from a first cause": String(HOPS_MAX),
  "output that is kept in its row": size(INLINE_BYTES_MAX),
  "output, and one blob, in the blob store": size(STORED_BYTES_MAX),
  "metadata of an update, data of an event": size(METADATA_BYTES_MAX),
  "updates and events of an attempt": whole.format(ANNOUNCED_MAX),
  "facts that a task shows with status.set": String(KEYS_MAX),
  "value of such a fact": size(VALUE_BYTES_MAX),
  "handlers at once": String(WORKER_DEFAULTS.slots),
  "lease of a worker": formatDuration(WORKER_DEFAULTS.leaseMs ?? 0),
  "grace of a handler whose signal aborted": formatDuration(WORKER_DEFAULTS.abortGraceMs),
  "retention of keys that sources gave": `${KEYS_MS_MIN / 86_400_000}d`,
  "grace of what runs, after SIGTERM": GRACE_DEFAULT,
  "grace of what runs, after a cancel": formatDuration(SWEEPER_DEFAULTS.cancelGraceMs),
  "time until a lost bell is rung again": formatDuration(SWEEPER_DEFAULTS.ringAgainMs),
  "time until a fact is evaluated elsewhere": formatDuration(SWEEPER_DEFAULTS.pendingMs),
  "time until a version counts as missing": formatDuration(SWEEPER_DEFAULTS.missingVersionMs),
  "time between two sweeps": formatDuration(SWEEPER_DEFAULTS.intervalMs),
};

test.each(Object.entries(DEFAULTS))("the default of %s is %s", (what, value) => {
  expect(rows.filter((row) => row.what === what)).toMatchObject([{ value }]);
});

test("the bounds that it names are those that are checked", () => {
  const rangeOf = (what: string): string | undefined =>
    rows.find((row) => row.what === what)?.range;
  expect(rangeOf("items of a map")).toBe(`0 to ${whole.format(MAP_ITEMS_MAX)}`);
  expect(rangeOf("limit of a pool, a key or a rate")).toBe(`1 to ${whole.format(LIMIT_MAX)}`);
  expect(rangeOf("active runs of a pipeline")).toBe(`1 to ${whole.format(LIMIT_MAX)}`);
  expect(STORED_BYTES_MAX).toBe(BLOB_BYTES_MAX);
  expect(SENSOR_WAIT.onUnreachable).toEqual(SENSOR_WAIT.onMissing);
  expect(SENSOR_WAIT.onFailed).toEqual(SENSOR_WAIT.onRemoved);
});

/** Where nothing said is nothing set, there is no constant to hold the row to. */
const UNSET = [
  "limit of a pool, a key or a rate",
  "memory and CPUs",
  "items of a map",
  "items of a map in flight",
  "timeout of a call",
  "from when on events count for a wait",
  "time from one look to the next",
  "timeout of a sensor",
  "timeout of a run",
  "timeout and tasks in flight of a group",
  "runs and tasks of a namespace",
  "retention of history",
  "queues whose tasks it runs",
];

test("each row is named once, and held to a constant where there is one", () => {
  const known = [...Object.keys(DEFAULTS), ...UNSET];
  expect(rows.map(({ what }) => what).toSorted()).toEqual(known.toSorted());
});
