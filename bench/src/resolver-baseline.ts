import type { ConditionSpec, PipelineSpec } from "@millrace/core/internal";

/**
 * What one would write first: names in maps, and a depth-first search with a colour for each name.
 * It keeps a stack of its own, since chains are longer than the call stack is deep.
 *
 * @returns Pipelines, each after all that it depends on; null when there is a cycle.
 */
export function orderByNames(specs: readonly PipelineSpec[]): readonly string[] | null {
  const producers = new Map<string, string[]>();
  const dependents = new Map<string, Set<string>>();
  for (const spec of specs) {
    const pipeline = `${spec.namespace}/${spec.name}`;
    dependents.set(pipeline, new Set());
    for (const task of spec.tasks) {
      for (const output of Object.values(task.produces)) {
        if (output.type !== "dataset") continue;
        const known = producers.get(output.dataset);
        if (known === undefined) producers.set(output.dataset, [pipeline]);
        else known.push(pipeline);
      }
    }
  }
  for (const spec of specs) {
    const pipeline = `${spec.namespace}/${spec.name}`;
    for (const dataset of inputsOf(spec)) {
      for (const producer of producers.get(dataset) ?? []) dependents.get(producer)?.add(pipeline);
    }
  }
  return search(dependents);
}

function search(dependents: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | null {
  const colours = new Map<string, "open" | "done">();
  const order: string[] = [];
  const targetsOf = (name: string) => dependents.get(name)?.values() ?? [].values();
  for (const start of dependents.keys()) {
    if (colours.has(start)) continue;
    colours.set(start, "open");
    const way = [{ name: start, targets: targetsOf(start) }];
    for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
      const { value: target, done } = at.targets.next();
      if (done === true) {
        colours.set(at.name, "done");
        order.push(at.name);
        way.pop();
      } else if (!colours.has(target)) {
        colours.set(target, "open");
        way.push({ name: target, targets: targetsOf(target) });
      } else if (colours.get(target) === "open") return null;
    }
  }
  return order.toReversed();
}

function inputsOf(spec: PipelineSpec): readonly string[] {
  const inputs: string[] = [];
  for (const trigger of Object.values(spec.triggers)) {
    if (trigger.type !== "schedule") addDatasets(trigger.condition, inputs);
  }
  for (const task of spec.tasks) {
    for (const input of Object.values(task.consumes))
      if (!input.previous) inputs.push(input.dataset);
  }
  return inputs;
}

function addDatasets(condition: ConditionSpec, to: string[]): void {
  if (condition.type !== "leg") for (const part of condition.of) addDatasets(part, to);
  else if (condition.leg.source.type === "dataset") to.push(condition.leg.source.dataset);
}
