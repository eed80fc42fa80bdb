import { setTimeout as sleep } from "node:timers/promises";

/** Before a latency is measured, the peer is left alone for so long. */
const REST_MS = 25;

export function rest(): Promise<void> {
  return sleep(REST_MS);
}

/** Asks until it is so: for ends that a peer commits after the handler has returned. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

/** Calls so many times, some at a time. */
export async function times(
  count: number,
  atOnce: number,
  call: () => Promise<unknown>,
): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
