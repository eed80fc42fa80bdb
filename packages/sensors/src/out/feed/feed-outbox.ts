import type { FeedStore, MakeMessages } from "@millrace/core/internal";
import { backoffMs, type Pace } from "../../source/pause.ts";

export interface FeedDeps {
  readonly store: FeedStore;
  readonly pace: Pace;
  /** By the name of the subscriber: what this process makes messages for. */
  readonly makers: ReadonlyMap<string, MakeMessages>;
  readonly onProblem: (error: unknown) => void;
}

/** Facts of a transaction. */
const FACTS_MAX = 200;
/** What is told is found so soon at the latest; nothing rings for it. */
const LOOK_MS = 500;

/**
 * Makes messages of the facts that subscribers are to be told of, until `signal` aborts. It runs
 * beside the engine: what commits there only notes the number of a fact.
 */
export async function feedOutbox(deps: FeedDeps, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const outcome = await feedRound(deps, signal);
    failures = outcome === "failed" ? failures + 1 : 0;
    if (outcome === "more") continue;
    const waitMs = outcome === "failed" ? backoffMs(failures, deps.pace.random()) : LOOK_MS;
    await deps.pace.pause(waitMs, signal);
  }
}

/** One transaction for each subscriber; one that fails keeps no other from being fed. */
async function feedRound(
  { store, makers, onProblem }: FeedDeps,
  signal: AbortSignal,
): Promise<"more" | "done" | "failed"> {
  let outcome: "more" | "done" | "failed" = "done";
  const unfed = await store.listUnfed([...makers.keys()]).catch((error: unknown) => {
    onProblem(error);
    return null;
  });
  if (unfed === null) return "failed";
  for (const name of unfed) {
    const make = makers.get(name);
    if (make === undefined || signal.aborted) continue;
    try {
      const count = await store.feed(name, FACTS_MAX, guarded(make, onProblem));
      if (count === FACTS_MAX && outcome === "done") outcome = "more";
    } catch (error) {
      onProblem(error);
      outcome = "failed";
    }
  }
  return outcome;
}

/** A fact of which no message can be made is told of and left out: those after it must not wait for it. */
function guarded(make: MakeMessages, onProblem: FeedDeps["onProblem"]): MakeMessages {
  return (fact) => {
    try {
      return make(fact);
    } catch (cause) {
      const what = `${fact.kind}_${fact.id}`;
      onProblem(new Error(`no message can be made of ${what}; nobody is told of it`, { cause }));
      return [];
    }
  };
}
