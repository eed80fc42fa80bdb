import { DATASET, isDataset } from "../dataset/any-dataset.ts";
import { previousDeclarationOf } from "../dataset/previous.ts";
import { EVENT, isEvent } from "../event/event.ts";
import { addDataset, addEvent } from "../pipeline/declarations.ts";
import type { InputSpec, OutputSpec } from "../spec/task-spec.ts";
import type { TaskScope } from "./task-scope.ts";

export function toOutputSpec(value: unknown, where: string, scope: TaskScope): OutputSpec | null {
  if (isEvent(value)) return { type: "event", event: addEvent(scope.declarations, value[EVENT]) };
  if (isDataset(value)) {
    const declaration = value[DATASET];
    if (declaration.isDeclared) {
      return { type: "dataset", dataset: addDataset(scope.declarations, declaration) };
    }
    scope.problems.push(
      `its ${where} is a datasetRef(), which says neither URI nor checks: ` +
        "produce what dataset() declares, and let the others refer to it",
    );
    return null;
  }
  scope.problems.push(`its ${where} is no dataset or event: declare it with dataset() or event()`);
  return null;
}

export function toInputSpec(value: unknown, where: string, scope: TaskScope): InputSpec | null {
  const past = previousDeclarationOf(value);
  if (past !== null) return { dataset: addDataset(scope.declarations, past), previous: true };
  if (isDataset(value)) {
    return { dataset: addDataset(scope.declarations, value[DATASET]), previous: false };
  }
  scope.problems.push(`its ${where} is no dataset: declare it with dataset() or datasetRef()`);
  return null;
}
