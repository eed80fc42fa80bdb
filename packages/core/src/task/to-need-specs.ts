import type { ResultRef, TaskSpec, WhenSpec } from "../spec/task-spec.ts";
import { convertMembers } from "./convert-members.ts";
import { HANDLE, isHandle, isWay, WAY } from "./handle.ts";
import { isForeign, type TaskScope } from "./task-scope.ts";

/** A list of needs has its places as aliases. */
export function toNeedSpecs(
  given: unknown,
  scope: TaskScope,
): Pick<TaskSpec, "needs" | "needsList"> {
  if (!Array.isArray(given)) return { needs: convertMembers("needs", given, scope, toResultRef) };
  const members = Object.fromEntries(given.map((need: unknown, at) => [String(at), need]));
  return { needs: convertMembers("needs", members, scope, toResultRef), needsList: true };
}

export function toResultRef(value: unknown, where: string, scope: TaskScope): ResultRef | null {
  if (!isHandle(value)) {
    scope.problems.push(
      `its ${where} is no handle: give what task(), map() or branch() returned above it`,
    );
    return null;
  }
  const { owner, ref } = value[HANDLE];
  return isForeign(owner, ref.task, where, scope) ? null : ref;
}

export function toWhenSpec(value: unknown, scope: TaskScope): WhenSpec | null {
  if (value === undefined) return null;
  if (!isWay(value)) {
    scope.problems.push("its when is no way: write e.g. quality.is('good') or load.failed()");
    return null;
  }
  const { owner, when } = value[WAY];
  return isForeign(owner, when.task, "when", scope) ? null : when;
}
