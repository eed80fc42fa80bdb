import type { Observer, WorkerEvent } from "@millrace/worker";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

type FinishedEvent = Extract<WorkerEvent, { readonly type: "finished" }>;

/** Counts what the parts of a process tell, and notes that something goes on. */
export function observing(world: World, life: Life): Observer {
  const { count, timeline } = world;
  return (event) => {
    if (life.isOver) return;
    if (event.type !== "problem" && event.type !== "log") world.progressAt = timeline.nowMs;
    if (event.type === "claimed") count("claims");
    else if (event.type === "finished") finished(event);
    else if (event.type === "sessionLost") count("leases lost");
    else if (event.type === "swept") count(`swept: ${event.what}`, event.count);
    else if (event.type === "timersFired") count("timers fired", event.count);
    else if (event.type === "problem") count(`problems: ${event.where}`);
  };

  function finished({ attempt, outcome, recorded }: FinishedEvent): void {
    timeline.say(life, `finished ${attempt.taskRunId}.${attempt.attempt}: ${outcome}`);
    if (recorded) count(`attempts ${outcome}`);
    else count(outcome === "lost" ? "attempts given up" : "fenced finishes");
  }
}
