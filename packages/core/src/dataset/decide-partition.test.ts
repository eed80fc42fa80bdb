import { expect, test } from "vitest";
import { decidePartition, type PartitionFinding, type PartitionStep } from "./decide-partition.ts";

const READY = { ready: true, by: "the marker is there" } as const;
const WAITING = { ready: false, missing: "the marker", nextLookAt: null } as const;
const NEW: PartitionFinding = {
  wasComplete: false,
  wasTold: false,
  isChanged: true,
  objects: 1,
  readiness: READY,
};

test.each<readonly [string, Partial<PartitionFinding>, PartitionStep]>([
  ["what completes it is one update", {}, "complete"],
  ["time alone may complete it", { isChanged: false }, "complete"],
  ["what does not is none", { readiness: WAITING }, "wait"],
  ["told again, it stays what it was", { wasComplete: true, isChanged: false }, "stay"],
  ["a late object is one more update", { wasComplete: true, objects: 2 }, "complete"],
  ["without its marker it waits again", { wasComplete: true, readiness: WAITING }, "wait"],
  ["without any object it is gone", { wasComplete: true, wasTold: true, objects: 0 }, "remove"],
  [
    "without any object after it waited again, it is gone too",
    { wasTold: true, objects: 0, readiness: WAITING },
    "remove",
  ],
  ["without any object before it was complete, nobody knew of it", { objects: 0 }, "forget"],
])("%s", (_title, part, step) => {
  expect(decidePartition({ ...NEW, ...part })).toBe(step);
});
