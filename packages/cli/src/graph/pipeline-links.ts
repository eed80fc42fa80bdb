import {
  type ConditionSpec,
  nameOf,
  type PipelineSpec,
  type SourceSpec,
  type TriggerSpec,
} from "@millrace/core/internal";

/** What one pipeline takes and gives, each with how. */
export interface PipelineLinks {
  readonly takes: readonly Link[];
  readonly gives: readonly Link[];
}

export interface Link {
  readonly type: "schedule" | SourceSpec["type"];
  /** Of a schedule, its cron text; of a pattern, the pattern. */
  readonly name: string;
  /** `trigger files`, `task load`. */
  readonly by: string;
}

export function linksOf(spec: PipelineSpec): PipelineLinks {
  const triggers = Object.entries(spec.triggers).flatMap(([name, trigger]) =>
    triggerLinks(`trigger ${name}`, trigger),
  );
  const tasks = spec.tasks.flatMap((task): Link[] => {
    const by = `task ${task.name}`;
    const reads = Object.values(task.consumes).map(({ dataset, previous }): Link => ({
      type: "dataset",
      name: dataset,
      by: previous ? `${by}, as an earlier run left it` : by,
    }));
    const others = [...task.waitFor, ...task.calls.map(({ pipeline }) => pipeline)];
    return [...reads, ...others.map((name): Link => ({ type: "pipeline", name, by }))];
  });
  const gives = spec.tasks.flatMap(({ name, produces }) =>
    Object.values(produces).map((output): Link => {
      const by = `task ${name}`;
      return output.type === "dataset"
        ? { type: "dataset", name: output.dataset, by }
        : { type: "event", name: output.event, by };
    }),
  );
  return { takes: [...triggers, ...tasks], gives };
}

function triggerLinks(by: string, trigger: TriggerSpec): readonly Link[] {
  if (trigger.type === "schedule") {
    return [{ type: "schedule", name: `${trigger.cron} (${trigger.timezone})`, by }];
  }
  const links: Link[] = [];
  const open: ConditionSpec[] = [trigger.condition];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (next.type !== "leg") {
      open.unshift(...next.of);
      continue;
    }
    const { source } = next.leg;
    links.push({ type: source.type, name: nameOf(source), by });
  }
  return links;
}
