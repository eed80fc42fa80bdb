import { expect, test } from "vitest";
import { bellJobId, fromJobData, toJobData } from "./bell-job.ts";

const task = (
  taskRunId: number,
  ring = 0,
): { taskRunId: number; attempt: number; ring: number } => ({
  taskRunId,
  attempt: 1,
  ring,
});

test("equal bells have equal ids, and any two that differ have different ones", () => {
  const bells = [
    [task(1)],
    [task(1, 1)],
    [{ ...task(1), attempt: 2 }],
    [task(1), task(2)],
    [task(1), task(2, 1)],
    [task(1), task(3)],
    [task(1), task(2), task(3)],
    [task(11)],
  ];
  const ids = bells.map(bellJobId);
  expect(new Set(ids).size).toBe(bells.length);
  expect(bells.map(bellJobId)).toEqual(ids);
});

test("BullMQ takes the ids: no colon, not a number alone", () => {
  expect(bellJobId([task(17, 3)])).toBe("t-17-1-3");
  expect(bellJobId([task(17), task(18)])).toMatch(/^t-17-1-0-[\w-]{16}$/);
});

test("a bell's tasks come back as they were", () => {
  const tasks = [task(1), task(2, 5)];
  expect(fromJobData(toJobData(tasks))).toEqual(tasks);
});
