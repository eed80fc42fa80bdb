import type { Client, Step } from "../../sim/plan.ts";
import type { Draw } from "../chance.ts";
import type { Ledger } from "../ledger.ts";
import { registered } from "./asking.ts";

/** What steps are made from. */
export interface StepKit {
  readonly draw: Draw;
  readonly ledger: Ledger;
  readonly stormMs: number;
  /** Pipelines of the story, as `namespace/name`. */
  readonly pipelines: readonly string[];
}

/** A step at some moment of the storm. */
export function someTime(
  kit: StepKit,
  label: string,
  act: (client: Client) => Promise<unknown>,
): Step {
  const atMs = kit.draw.int(500, kit.stormMs - 3_000);
  return at(kit, atMs, label, act);
}

export function at(
  { ledger }: StepKit,
  atMs: number,
  label: string,
  act: (client: Client) => Promise<unknown>,
): Step {
  return {
    atMs,
    label,
    async act(client) {
      if (await registered(ledger, client)) await act(client);
    },
  };
}
