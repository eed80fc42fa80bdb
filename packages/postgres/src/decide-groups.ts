import { type Evaluation, evaluate, groupRules, isPlain, present } from "@millrace/core/internal";
import type { Group } from "./delivery-groups.ts";
import { loadPending, type PendingRow } from "./delivery-rows.ts";
import { loadMembers } from "./group-members.ts";
import { measureRoom, type Room } from "./room.ts";
import type { LoadedVersion } from "./version-cache.ts";
import type { Work } from "./work.ts";

/** What was decided about a group under its lock. */
export interface Decision {
  readonly group: Group;
  readonly version: LoadedVersion;
  readonly found: Evaluation<PendingRow>;
}

export interface Decisions {
  readonly decided: readonly Decision[];
  /** Groups whose batch waits for room at the limit of their pipeline. */
  readonly held: readonly { readonly group: Group; readonly version: LoadedVersion }[];
  readonly room: Room;
}

/** Decides about groups whose locks are held. Those of triggers that are off keep what they have. */
export async function decideGroups(work: Work, groups: readonly Group[]): Promise<Decisions> {
  const { tx, versions } = work;
  const open = groups.filter(({ trigger }) => trigger.off === null);
  // In a statement of its own: the one that took the locks still sees what was before them.
  const waiting = await loadPending(
    tx,
    open.map(({ id }) => id),
  );
  const busy = open.filter(({ id }) => waiting.has(id));
  const version = await versions.load(
    tx,
    busy.map(({ trigger }) => trigger.versionId),
  );
  const known = await loadMembers(tx, busy);
  const room = await measureRoom(
    work,
    busy.map(({ trigger }) => version(trigger.versionId)),
  );
  const decided: Decision[] = [];
  const held: { group: Group; version: LoadedVersion }[] = [];
  for (const group of busy) {
    const loaded = version(group.trigger.versionId);
    const rules = groupRules(group, loaded.spec, known(group.id));
    const queues = (loaded.spec.whenActive ?? "queue") === "queue";
    if (isPlain(rules) && queues && !room.has(loaded)) {
      held.push({ group, version: loaded });
      continue;
    }
    const { rows, now } = present(waiting.get(group.id));
    const found = evaluate(rules, group.state, rows, now);
    if (isPlain(rules) && queues && found.steps.some(({ type }) => type === "fire")) {
      room.take(loaded);
    }
    decided.push({ group, version: loaded, found });
  }
  return { decided, held, room };
}
