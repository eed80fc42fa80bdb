import type { Observer } from "@millrace/worker";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** Counts what the parts of a process tell, and notes that something goes on. */
export function observing(world: World, life: Life): Observer {
  const { count, timeline } = world;
  return (event) => {
    if (life.isOver) return;
    if (event.type !== "problem" && event.type !== "log") world.progressAt = timeline.nowMs;
    switch (event.type) {
      case "claimed":
        return count("claims");
      case "finished":
        timeline.say(
          life,
          `finished ${event.attempt.taskRunId}.${event.attempt.attempt}: ${event.outcome}`,
        );
        if (event.recorded) return count(`attempts ${event.outcome}`);
        return count(event.outcome === "lost" ? "attempts given up" : "fenced finishes");
      case "sessionLost":
        return count("leases lost");
      case "swept":
        return count(`swept: ${event.what}`, event.count);
      case "timersFired":
        return count("timers fired", event.count);
      case "problem":
        return count(`problems: ${event.where}`);
      default:
    }
  };
}
