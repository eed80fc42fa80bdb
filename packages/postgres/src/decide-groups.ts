import {
  type Evaluation,
  evaluate,
  type GroupRules,
  groupRules,
  isPlain,
  present,
} from "@millrace/core/internal";
import type { Group } from "./delivery-groups.ts";
import { loadPending, type PendingOfGroup, type PendingRow } from "./delivery-rows.ts";
import { loadMembers } from "./group-members.ts";
import { measureRoom, type Room } from "./room.ts";
import type { LoadedVersion } from "./version-cache.ts";
import { wakeGroups } from "./wakes.ts";
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

/** Of a group in which more waits, one transaction decides about so much at once. */
const AT_ONCE_MAX = 2_000;

/** So many of what waits in each group are asked for: one more tells that there is more. */
export const PENDING_MAX: number = AT_ONCE_MAX + 1;

/**
 * Decides about groups whose locks are held. Those of triggers that are off keep what they have.
 * Where very much waits, as after a long pause, it decides about the first of it, and has the group
 * woken to go on: what a decision takes must not grow with what waits.
 *
 * @param pending - What waits in them, up to {@link PENDING_MAX} of each, when that is known.
 */
export async function decideGroups(
  work: Work,
  groups: readonly Group[],
  pending?: ReadonlyMap<number, PendingOfGroup>,
): Promise<Decisions> {
  const { tx, versions } = work;
  const open = groups.filter(({ trigger }) => trigger.off === null);
  const ids = open.map(({ id }) => id);
  const waiting = pending ?? (await loadPending(tx, ids, PENDING_MAX));
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
  const unfinished: number[] = [];
  for (const group of busy) {
    const loaded = version(group.trigger.versionId);
    const rules = groupRules(group, loaded.spec, known(group.id));
    const queues = (loaded.spec.whenActive ?? "queue") === "queue";
    if (isPlain(rules) && queues && !room.has(loaded)) {
      held.push({ group, version: loaded });
      continue;
    }
    const first = present(waiting.get(group.id));
    const part = evaluatePart(rules, group, first);
    if (part !== null) unfinished.push(group.id);
    const found = part ?? (await evaluateWhole(work, rules, group, first));
    if (isPlain(rules) && queues && found.steps.some(({ type }) => type === "fire")) {
      room.take(loaded);
    }
    decided.push({ group, version: loaded, found });
  }
  await wakeGroups(tx, work.log, unfinished);
  return { decided, held, room };
}

/**
 * Decides as of the moment when the first that is left out came, as whoever had looked just then
 * would have. Only a run that takes whatever is pending must see all of it.
 *
 * @returns Null when all has to be looked at: also where the first of it decides nothing, because
 * what completes it comes later.
 */
function evaluatePart(
  rules: GroupRules,
  { state }: Group,
  { rows, now }: PendingOfGroup,
): Evaluation<PendingRow> | null {
  const next = rows[AT_ONCE_MAX];
  if (next === undefined || isPlain(rules)) return null;
  const found = evaluate(rules, state, rows.slice(0, AT_ONCE_MAX), Math.min(now, next.at));
  return found.steps.some(({ type }) => type !== "alert") ? found : null;
}

async function evaluateWhole(
  { tx }: Work,
  rules: GroupRules,
  { id, state }: Group,
  first: PendingOfGroup,
): Promise<Evaluation<PendingRow>> {
  const isAll = first.rows.length <= AT_ONCE_MAX;
  const { rows, now } = isAll ? first : present((await loadPending(tx, [id])).get(id));
  return evaluate(rules, state, rows, now);
}
