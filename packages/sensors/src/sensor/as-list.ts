import type { Look } from "./asking.ts";

/** Who waits for several runs gets a list, however many there are. */
export function asList(look: Look): Look {
  if (look === "notAsked" || look.type !== "succeeded" || Array.isArray(look.value)) return look;
  return { ...look, value: [look.value] };
}
