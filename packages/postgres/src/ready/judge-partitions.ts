import {
  decidePartition,
  decideReady,
  type IntakeUpdate,
  isObjectNamed,
  type ObservedObject,
  type PartitionStep,
  partitionPrefix,
  type Readiness,
} from "@millrace/core/internal";
import type { AfterwardsLog } from "../afterwards.ts";
import { insertUpdates } from "../intake-facts.ts";
import type { Tx } from "../transact.ts";
import {
  dropPartitions,
  type GatheredPartition,
  holdPartitions,
  loadPartitions,
  type PartitionDecision,
  type PartitionName,
  readPartition,
  saveManifests,
  savePartitions,
} from "./partition-rows.ts";

/** A partition of which something was heard. */
export interface TouchedPartition extends PartitionName {
  /** Keys whose content is not what it was. */
  readonly changed: ReadonlySet<string>;
  /** The manifest as it was told last; absent when it was not. */
  readonly manifest?: { readonly listed: readonly string[] | null; readonly isNew: boolean };
  /** Of the object that was heard of last; absent when none was. */
  readonly story?: Pick<ObservedObject, "correlationId" | "traceparent">;
}

/** By {@link partitionKey}: the update that says what became of the partition. */
export type PartitionUpdates = ReadonlyMap<string, number>;

export function partitionKey({ datasetId, partition }: PartitionName): string {
  return `${datasetId} ${partition}`;
}

/** Decides about partitions of which something was heard, under the locks of their rows. */
export async function judgeTouched(
  tx: Tx,
  log: AfterwardsLog,
  touched: readonly TouchedPartition[],
): Promise<PartitionUpdates> {
  if (touched.length === 0) return new Map();
  await holdPartitions(tx, touched);
  await saveManifests(
    tx,
    touched.flatMap(({ datasetId, partition, manifest }) =>
      manifest === undefined ? [] : [{ datasetId, partition, ...manifest }],
    ),
  );
  return judgeHeld(tx, log, touched);
}

interface Judged {
  readonly found: GatheredPartition;
  readonly readiness: Readiness;
  readonly step: PartitionStep;
}

/** Decides about partitions whose rows this transaction holds. */
export async function judgeHeld(
  tx: Tx,
  log: AfterwardsLog,
  touched: readonly TouchedPartition[],
): Promise<PartitionUpdates> {
  const changes = new Map(touched.map((each) => [partitionKey(each), each.changed]));
  const stories = new Map(touched.map((each) => [partitionKey(each), each.story]));
  // In a statement of its own: the one that took the locks does not see what came while it waited.
  const loaded = await loadPartitions(tx, touched);
  const judged = loaded.map((found) => judge(found, changes.get(partitionKey(found)) ?? NONE));
  const isGone = ({ step }: Judged): boolean => step === "remove" || step === "forget";
  await dropPartitions(
    tx,
    judged.filter(isGone).map(({ found }) => found),
  );
  const decisions = judged.filter((each) => !isGone(each)).map(toDecision);
  await savePartitions(tx, decisions);
  for (const { dueAt } of decisions) if (dueAt !== null) log.timer(new Date(dueAt));
  const news = judged.filter(({ step }) => step === "complete" || step === "remove");
  const updates = news.map((each) => toUpdate(each, stories.get(partitionKey(each.found))));
  const ids = await insertUpdates(tx, log, updates);
  return new Map(
    news.flatMap(({ found }, at) => {
      const id = ids[at] ?? null;
      return id === null ? [] : [[partitionKey(found), id] as const];
    }),
  );
}

const NONE: ReadonlySet<string> = new Set();

function judge(found: GatheredPartition, changed: ReadonlySet<string>): Judged {
  const { rule, objects, listed, totals, isComplete, told, now } = found;
  const readiness = decideReady(rule, { objects, listed, totals }, now.getTime());
  const step = decidePartition({
    wasComplete: isComplete,
    wasTold: told,
    isChanged: [...changed].some((key) => isContent(key, found)),
    objects: totals.objects,
    readiness,
  });
  return { found, readiness, step };
}

/** What a manifest does not list lies beside the partition. */
function isContent(key: string, { rule, listed }: GatheredPartition): boolean {
  if (rule.type !== "manifest" || isObjectNamed(key, rule.name)) return true;
  return listed === null || listed.includes(key);
}

function toDecision({ found, readiness, step }: Judged): PartitionDecision {
  const { datasetId, partition, rule, totals, told } = found;
  const base = { datasetId, partition, rule, objects: totals.objects, bytes: totals.bytes };
  if (step === "wait" && !readiness.ready) {
    const { missing, nextLookAt } = readiness;
    return { ...base, isComplete: false, told, missing, dueAt: nextLookAt };
  }
  return { ...base, isComplete: true, told: true, missing: null, dueAt: null };
}

/** The lock of the row makes it one update, so that no key needs to. */
function toUpdate(
  { found, readiness, step }: Judged,
  story: TouchedPartition["story"],
): IntakeUpdate {
  const { dataset, uri, partition, totals } = found;
  const slots = readPartition(partition);
  const prefix = partitionPrefix(uri, slots) ?? uri;
  const by = readiness.ready ? readiness.by : "";
  return {
    dataset,
    partition: slots,
    kind: step === "remove" ? "removed" : "changed",
    uri: prefix,
    metadata: step === "remove" ? null : { by, objects: totals.objects, bytes: totals.bytes },
    source: { type: "s3", key: prefix },
    idempotencyKey: null,
    correlationId: story?.correlationId ?? null,
    traceparent: story?.traceparent ?? null,
  };
}
