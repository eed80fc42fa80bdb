import type { OwnedAttempt } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { ManualClock } from "../manual-clock.ts";
import { startAudit } from "./audit.ts";

const ROUND_MS = 12_000;

function auditing(...known: readonly number[]) {
  const clock = new ManualClock();
  const world = { session: { id: "s1" as string | null }, owned: [] as OwnedAttempt[] };
  const handedBack: string[] = [];
  const loop = startAudit({
    sessions: { listOwned: async () => world.owned },
    session: world.session,
    attempts: {
      knows: ({ taskRunId }) => known.includes(taskRunId),
      handBack: async ({ taskRunId, attempt }) => void handedBack.push(`${taskRunId}-${attempt}`),
    },
    clock,
    observe: () => {},
  });
  return { clock, world, handedBack, loop };
}

const owned = (taskRunId: number, attempt = 1): OwnedAttempt => ({ taskRunId, runId: 1, attempt });

test("what the store says it runs and it does not is handed back at the second look", async () => {
  const { clock, world, handedBack, loop } = auditing(1);
  world.owned = [owned(1), owned(2)];
  await clock.advance(ROUND_MS);
  expect(handedBack).toEqual([]);
  await clock.advance(ROUND_MS);
  expect(handedBack).toEqual(["2-1"]);
  await loop.stop();
});

test("a claim that was on its way at one look, or another attempt, is not handed back", async () => {
  const { clock, world, handedBack, loop } = auditing();
  world.owned = [owned(1), owned(2)];
  await clock.advance(ROUND_MS);
  world.owned = [owned(2, 2), owned(3)];
  await clock.advance(ROUND_MS);
  expect(handedBack).toEqual([]);
  await loop.stop();
});

test("without a session nothing is asked or handed back", async () => {
  const { clock, world, handedBack, loop } = auditing();
  world.session.id = null;
  world.owned = [owned(1)];
  await clock.advance(3 * ROUND_MS);
  expect(handedBack).toEqual([]);
  await loop.stop();
});
