import {
  type BlobStore,
  type ClaimedTask,
  isRecord,
  type JournalEntry,
  type JsonValue,
  type NeedOutcome,
  type ReceivedFact,
} from "@millrace/core/internal";
import { holdsStored, StoredLoader } from "./stored-values.ts";

/** True when something that its handler may ask for is in the blob store. */
export function needsStored({ needs, received, journal, item }: ClaimedTask): boolean {
  return (
    Object.values(needs).some((need) => need.state === "succeeded" && holdsStored(need.output)) ||
    received.some((fact) => fact.kind === "run" && holdsStored(fact.result)) ||
    journal.some(({ value }) => holdsStored(resultIn(value))) ||
    (item !== null && holdsStored(item.value))
  );
}

/** The attempt with values where something in the blob store stood for them. */
export async function loadInputs(
  claimed: ClaimedTask,
  blobs: BlobStore | null,
): Promise<ClaimedTask> {
  const loader = new StoredLoader(blobs);
  const needs: Record<string, NeedOutcome> = {};
  for (const [alias, need] of Object.entries(claimed.needs)) {
    needs[alias] =
      need.state === "succeeded" ? { ...need, output: await loader.load(need.output) } : need;
  }
  const received: ReceivedFact[] = [];
  for (const fact of claimed.received) {
    received.push(fact.kind === "run" ? { ...fact, result: await loader.load(fact.result) } : fact);
  }
  const journal: JournalEntry[] = [];
  for (const entry of claimed.journal) journal.push(await loadEntry(entry, loader));
  const { item } = claimed;
  const loadedItem = item === null ? null : { ...item, value: await loader.load(item.value) };
  return { ...claimed, needs, received, journal, item: loadedItem };
}

/** Of the end of a run, which is the answer to a call or a wait, its result. */
function resultIn(value: JsonValue): JsonValue {
  if (!isRecord(value) || !("result" in value)) return null;
  return value["result"] as JsonValue;
}

async function loadEntry(entry: JournalEntry, loader: StoredLoader): Promise<JournalEntry> {
  const result = resultIn(entry.value);
  if (!holdsStored(result)) return entry;
  const value = { ...(entry.value as object), result: await loader.load(result) };
  return { ...entry, value: value as unknown as JsonValue };
}
