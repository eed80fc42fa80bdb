import type { Fault } from "./plan.ts";
import type { World } from "./world.ts";

const FOR_MS = 20_000;

/** Lets a fault of the plan happen. Without a process, it happens to the first that is up. */
export function strike(world: World, { kind, process: name, forMs = FOR_MS }: Fault): void {
  const { timeline, outages, queue, count } = world;
  const named = name === undefined ? [...world.processes.values()] : [world.processes.get(name)];
  const process = named.find((each) => each?.life !== null && each?.life !== undefined);
  const life = process?.life ?? null;
  const until = timeline.nowMs + forMs;
  count(`faults: ${kind}`);
  switch (kind) {
    case "crash":
      if (life !== null) world.crash(life, "is struck");
      return;
    case "restart":
      return process?.restart();
    case "freeze":
      return process?.freeze(forMs, true);
    case "block":
      return process?.freeze(forMs, false);
    case "cutConnections":
      return cutConnections(world, name);
    case "loseQueue":
      return queue.loseAll();
    case "deafen":
      outages.deafen(until);
      return world.wakeAt(until, "the queue answers again");
    case "blockDatabase":
      cutConnections(world, name);
      outages.blockDatabase(name, until);
      return world.wakeAt(until, "the database answers again");
    case "jumpClock":
      if (life === null || forMs <= 0) return;
      for (const each of [life, ...life.threads]) {
        each.clockOffsetMs += forMs;
        timeline.skip(each, forMs);
      }
      return;
  }
}

/** What is under way breaks; and of what is committed next, the answer. */
function cutConnections(world: World, name: string | undefined): void {
  for (const { life, plan } of world.processes.values()) {
    if (life === null || (name !== undefined && plan.name !== name)) continue;
    life.isCut = true;
    for (const { sessions } of [life, ...life.threads]) {
      for (const session of sessions) world.server.breakOff(session);
    }
  }
}
