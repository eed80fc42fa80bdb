import { datasetFresh, datasetStale, deadlineMissed } from "../event/built-in.ts";
import { EVENT } from "../event/event.ts";
import { reservedProblem } from "../event/reserved.ts";
import { canonicalJson } from "../spec/json.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { machineNameProblem, quoted } from "./names.ts";
import { own } from "./own.ts";

const BUILT_IN = Object.fromEntries(
  [datasetStale, datasetFresh, deadlineMissed].map((event) => [event.name, event[EVENT].spec]),
);

/** What is wrong with the events that a pipeline names, without full stops. */
export function eventProblems({ events, tasks }: PipelineSpec): string[] {
  const declared = Object.entries(events).flatMap(([name, spec]) => {
    const known = own(BUILT_IN, name);
    const isBuiltIn = known !== undefined && canonicalJson(known) === canonicalJson(spec);
    const problem = machineNameProblem(name) ?? (isBuiltIn ? null : reservedProblem(name));
    return problem === null ? [] : [`event ${quoted(name)}: ${problem}`];
  });
  const produced = tasks.flatMap((task) =>
    Object.values(task.produces).flatMap((output) => {
      const problem = output.type === "event" ? reservedProblem(output.event) : null;
      return problem === null ? [] : [`task ${quoted(task.name)}: its event: ${problem}`];
    }),
  );
  return [...declared, ...produced];
}
