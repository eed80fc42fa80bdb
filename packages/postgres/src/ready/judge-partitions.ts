import {
  decidePartition,
  decideReady,
  type IntakeUpdate,
  isObjectNamed,
  type PartitionStep,
  partitionPrefix,
  type Readiness,
} from "@millrace/core/internal";
import type { AfterwardsLog } from "../afterwards.ts";
import { insertUpdates } from "../intake-facts.ts";
import type { Tx } from "../transact.ts";
import { countPartitions, holdPartitions } from "./count-partitions.ts";
import { keepListed, type ListedKeys } from "./listed-keys.ts";
import { partitionKey, type PartitionName, readPartition } from "./partition-name.ts";
import {
  dropPartitions,
  type GatheredPartition,
  loadPartitions,
  type PartitionDecision,
  savePartitions,
} from "./partition-rows.ts";
import type { TouchedPartition } from "./partition-touches.ts";

/** By {@link partitionKey}: the update that says what became of the partition. */
export type PartitionUpdates = ReadonlyMap<string, number>;

/** Decides about partitions of which something was heard, under the locks of their rows. */
export async function judgeTouched(
  tx: Tx,
  log: AfterwardsLog,
  touched: readonly TouchedPartition[],
): Promise<PartitionUpdates> {
  if (touched.length === 0) return new Map();
  await holdPartitions(tx, touched);
  await countPartitions(tx, touched);
  const listed = await keepListed(tx, touched);
  const changed = new Map(touched.map((each) => [partitionKey(each), each.changed]));
  const stories = new Map(touched.map((each) => [partitionKey(each), each.story]));
  return judge({ tx, log }, touched, {
    isChanged: (found) =>
      [...(changed.get(partitionKey(found)) ?? [])].some((key) => isContent(key, found, listed)),
    storyOf: (found) => stories.get(partitionKey(found)),
  });
}

/** Decides about partitions whose rows this transaction holds, though nothing was heard of them. */
export function judgeHeld(
  tx: Tx,
  log: AfterwardsLog,
  held: readonly PartitionName[],
): Promise<PartitionUpdates> {
  return judge({ tx, log }, held, { isChanged: () => false, storyOf: () => undefined });
}

/** What was heard of a partition. */
interface Heard {
  isChanged(found: GatheredPartition): boolean;
  storyOf(found: GatheredPartition): TouchedPartition["story"];
}

interface Judged {
  readonly found: GatheredPartition;
  readonly readiness: Readiness;
  readonly step: PartitionStep;
}

async function judge(
  { tx, log }: { readonly tx: Tx; readonly log: AfterwardsLog },
  names: readonly PartitionName[],
  heard: Heard,
): Promise<PartitionUpdates> {
  // In a statement of its own: the one that took the locks does not see what came while it waited.
  const loaded = await loadPartitions(tx, names);
  const judged = loaded.map((found) => decide(found, heard.isChanged(found)));
  const isGone = ({ step }: Judged): boolean => step === "remove" || step === "forget";
  await dropPartitions(
    tx,
    judged.filter(isGone).map(({ found }) => found),
  );
  const decisions = judged.filter((each) => !isGone(each)).map(toDecision);
  await savePartitions(tx, decisions);
  for (const { dueAt } of decisions) if (dueAt !== null) log.timer(new Date(dueAt));
  const news = judged.filter(({ step }) => step === "complete" || step === "remove");
  const updates = news.map((each) => toUpdate(each, heard.storyOf(each.found)));
  const ids = await insertUpdates(tx, log, updates);
  return new Map(
    news.flatMap(({ found }, at) => {
      const id = ids[at] ?? null;
      return id === null ? [] : [[partitionKey(found), id] as const];
    }),
  );
}

function decide(found: GatheredPartition, isChanged: boolean): Judged {
  const { rule, tally, isComplete, told, now } = found;
  const readiness = decideReady(rule, tally, now.getTime());
  const step = decidePartition({
    wasComplete: isComplete,
    wasTold: told,
    isChanged,
    objects: tally.objects,
    readiness,
  });
  return { found, readiness, step };
}

/** What a manifest does not list lies beside the partition. */
function isContent(key: string, found: GatheredPartition, listed: ListedKeys): boolean {
  const { rule, tally } = found;
  if (rule.type !== "manifest" || isObjectNamed(key, rule.name)) return true;
  return tally.listed === null || listed.get(partitionKey(found))?.has(key) === true;
}

function toDecision({ found, readiness, step }: Judged): PartitionDecision {
  const { datasetId, partition } = found;
  const name = { datasetId, partition };
  if (step === "wait" && !readiness.ready) {
    const { missing, nextLookAt } = readiness;
    return { ...name, isComplete: false, isTold: false, missing, dueAt: nextLookAt };
  }
  const isTold = step === "complete";
  return { ...name, isComplete: true, isTold, missing: null, dueAt: null };
}

/** The lock of the row makes it one update, so that no key needs to. */
function toUpdate(
  { found, readiness, step }: Judged,
  story: TouchedPartition["story"],
): IntakeUpdate {
  const { dataset, uri, partition, tally } = found;
  const slots = readPartition(partition);
  const prefix = partitionPrefix(uri, slots) ?? uri;
  const by = readiness.ready ? readiness.by : "";
  const { objects, bytes } = tally;
  return {
    dataset,
    partition: slots,
    kind: step === "remove" ? "removed" : "changed",
    uri: prefix,
    metadata: step === "remove" ? null : { by, objects, bytes },
    source: { type: "s3", key: prefix },
    idempotencyKey: null,
    correlationId: story?.correlationId ?? null,
    traceparent: story?.traceparent ?? null,
  };
}
