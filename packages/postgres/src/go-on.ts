import type { ClaimedTask } from "@millrace/core/internal";
import { bestOf, takeReady } from "./claim.ts";
import { loadClaimed } from "./claimed-tasks.ts";
import type { Taker, Work } from "./work.ts";

/**
 * The last step of a transaction whose owner goes on: hands out what it has begun for him, and
 * claims the best ranked of what is ready, be it of this commit or not, for the room that is left.
 */
export async function goOn(work: Work, next: Taker): Promise<readonly ClaimedTask[]> {
  const { tx, log } = work;
  const mine = new Set(next.channels.map(({ queue, version }) => `${queue} ${version}`));
  const channels = next.isBehind
    ? next.channels
    : log.readyChannels.filter(({ queue, version }) => mine.has(`${queue} ${version}`));
  const limit = next.limit - log.begun.length;
  const taken =
    limit > 0 && channels.length > 0
      ? await takeReady(tx, next, bestOf(next, channels, limit))
      : [];
  log.claimed(new Set(taken.map(({ id }) => id)));
  return loadClaimed(work, [...log.begun, ...taken]);
}
