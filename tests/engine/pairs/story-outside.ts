import type {
  CheckGroup,
  CheckWait,
  MakeMessages,
  ObservedObject,
  OutDelivery,
  OutSubscription,
} from "@millrace/core/internal";
import { present } from "@millrace/core/internal";
import { type Database, declareSubscribers, feedStore, outboxStore } from "@millrace/postgres";
import { suspended } from "../waiting-room.ts";
import { sensing } from "./story-specs.ts";
import type { Teller } from "./teller.ts";

/** What the story has to do with what is outside. */
export interface OutsideStory {
  /** The run whose check is being asked, and what is asked. */
  readonly sensing: number;
  readonly asked: CheckGroup;
  /** A message that is being sent. */
  readonly sending: OutDelivery;
}

export const LEASE_MS = 3_600_000;
export const CRM = "webhook/crm";
const EVERYTHING: OutSubscription = {
  kinds: ["update", "event", "run", "dead_letter"],
  types: ["*"],
  namespaces: null,
};

export const checkAt = (target: string, timeoutMs: number | null = null): CheckWait => ({
  kind: "check",
  check: { kind: "board", target },
  everyMs: 60_000,
  backoff: { type: "constant" },
  timeoutMs,
});

/** An object of a partition; each `version` is newer than the one before. */
export function objectOf(
  dataset: string,
  day: string,
  part: Partial<ObservedObject> & { readonly version?: number } = {},
): ObservedObject {
  const { version = 1, ...rest } = part;
  return {
    ...{ dataset: `default/${dataset}`, partition: { date: day }, kind: "changed", bucket: "b" },
    ...{ key: `${dataset}/${day}/a`, etag: `e${version}`, bytes: 1, versionId: null },
    ...{ sequencer: String(version), at: version, via: "event" },
    ...rest,
  };
}

export const toMessages: MakeMessages = ({ kind, id }) => [
  { key: `${kind}_${id}`, message: { contentType: "text/plain", headers: {}, body: "told" } },
];

/** Somebody outside is told of everything from now on. */
export async function tellOutside(database: Database): Promise<void> {
  await declareSubscribers(database, "story", [{ name: CRM, subscription: EVERYTHING }]);
}

/** One of two objects is there, two of two are, and one is quiet for long enough by the race. */
export async function countObjects({ store }: Teller): Promise<void> {
  await store.recordObjects([
    objectOf("raw", "2026-01-01"),
    objectOf("raw", "2026-01-03"),
    objectOf("raw", "2026-01-03", { key: "raw/2026-01-03/b" }),
    objectOf("calm", "2026-01-01"),
  ]);
}

/** A check that is asked, one that is due, and a message that is under way. */
export async function goOutside(
  teller: Teller,
  database: Database,
  sessionId: string,
): Promise<OutsideStory> {
  const wait = async (target: string, timeoutMs: number | null): Promise<number> => {
    const run = await teller.start("team/sensing");
    const task = await teller.claimOne(sessionId, sensing);
    await teller.finish(task, suspended({ name: "look", wait: checkAt(target, timeoutMs) }));
    return run;
  };
  const asking = await wait("asked", null);
  const [asked] = await teller.store.takeChecks(1, LEASE_MS);
  await wait("due", 20_000);
  await teller.evaluateAll();
  await feedStore(database).feed(CRM, 2, toMessages);
  const [sending] = await outboxStore(database).takeDue([CRM], 1, LEASE_MS);
  return { sensing: asking, asked: present(asked), sending: present(sending) };
}
