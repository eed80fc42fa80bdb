import { expect } from "vitest";

/** `expect.poll` that is patient: other tests share the machine. */
export function eventually<T>(look: () => T) {
  return expect.poll(look, { timeout: 15_000 });
}
