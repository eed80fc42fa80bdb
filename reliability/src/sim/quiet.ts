const TURNS_MAX = 100_000;

/**
 * Resolves when all that is under way in this process has come to wait for the world: when the
 * microtasks are done, and nothing has asked for another turn of the event loop.
 */
export async function quiet(): Promise<void> {
  for (let turns = 0; turns < TURNS_MAX; turns += 1) {
    await new Promise((resolve) => void setImmediate(resolve));
    if (!process.getActiveResourcesInfo().includes("Immediate")) return;
  }
  throw new Error(`something has asked for ${TURNS_MAX} turns of the event loop one after another`);
}
