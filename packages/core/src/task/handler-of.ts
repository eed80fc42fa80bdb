import type { Handler } from "../pipeline/definition.ts";
import { isRecord } from "../spec/json.ts";
import type { TaskKind } from "../spec/task-spec.ts";
import { approvalHandler, type WrittenApproval } from "./approval-handler.ts";
import { callHandler, type WrittenCall } from "./call-handler.ts";
import { pollHandler } from "./poll-handler.ts";
import { sensorHandler, type WrittenSensor } from "./sensor-handler.ts";

/**
 * The handler of what the builder was given: the user's, or of a call, an approval and a sensor one
 * that is made of its options. Whether those are right is found where they become data.
 */
export function handlerOf(kind: TaskKind, rest: readonly unknown[], problems: string[]): Handler {
  const [options] = rest;
  const written: object = isRecord(options) ? options : {};
  if (kind === "call") return callHandler(written as WrittenCall);
  if (kind === "approval") return approvalHandler(written as WrittenApproval);
  if (kind === "sensor") return sensorHandler(written as WrittenSensor);
  const handler = rest.at(-1);
  if (!isHandler(handler)) {
    problems.push("its handler is no function: give one as the last argument");
    return () => null;
  }
  const until: unknown = Reflect.get(written, "until");
  return kind === "poll" && isHandler(until) ? pollHandler(handler, until) : handler;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}
