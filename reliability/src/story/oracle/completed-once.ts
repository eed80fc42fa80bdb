import type { JsonValue, PipelineSpec } from "@millrace/core/internal";
import { pipelineId } from "@millrace/core/internal";
import type { Violation } from "../../invariants/violation.ts";
import type { Execution, Ledger } from "../ledger.ts";
import type { Found, FoundRun, FoundTask, FoundUpdate } from "./found.ts";

/** A task, with all that there is to compare about it. */
interface Case {
  readonly name: string;
  readonly task: FoundTask;
  readonly run: FoundRun;
  readonly executions: readonly Execution[];
  readonly updates: readonly FoundUpdate[];
  readonly produces: readonly string[];
  readonly kind: string;
}

/** Families whose handlers take too long, or kill: their failures are no mistake of the engine. */
const ROUGH = new Set(["default/rough", "default/deadly"]);
/** Done by the engine itself. */
const ENGINE_KINDS = new Set(["call", "approval"]);
const CRASHES_MAX = 3;

/** What handlers did, against what is recorded of them. */
export function completedOnce(
  ledger: Ledger,
  specs: readonly PipelineSpec[],
  found: Found,
): readonly Violation[] {
  return casesOf(ledger, specs, found).flatMap((each) => [
    ...honest(each),
    ...announced(each),
    ...unfairlyFailed(each),
  ]);
}

function casesOf(ledger: Ledger, specs: readonly PipelineSpec[], found: Found): readonly Case[] {
  const runs = new Map(found.runs.map((run) => [run.id, run]));
  const executions = Map.groupBy(ledger.executions, ({ key }) => key);
  const updates = Map.groupBy(found.updates, ({ taskRunId }) => taskRunId);
  const declared = new Map(
    specs.flatMap((spec) =>
      spec.tasks.map((task) => [`${pipelineId(spec)} ${task.name}`, task] as const),
    ),
  );
  return found.tasks.flatMap((task) => {
    const run = runs.get(task.runId);
    const spec = run && declared.get(`${run.pipeline} ${task.task}`);
    // What another run did, or a person said, no handler of this one did.
    if (run === undefined || spec === undefined || run.isRepeat || task.isMarked) return [];
    if (spec.kind === "map" && task.item < 0) return [];
    const item = task.item < 0 ? "" : `.${task.item}`;
    const name = `run_${task.runId}.${task.task}${item}`;
    const produces = Object.values(spec.produces).flatMap((output) =>
      output.type === "dataset" ? [output.dataset] : [],
    );
    const mine = { executions: executions.get(name) ?? [], updates: updates.get(task.id) ?? [] };
    return [{ name, task, run, produces, kind: spec.kind, ...mine }];
  });
}

/** A task that succeeded has an execution that returned, and its output is of that execution. */
function honest({ name, task, executions, kind }: Case): readonly Violation[] {
  if (task.state !== "succeeded" || ENGINE_KINDS.has(kind)) return [];
  const returned = executions.filter(({ end }) => end === "returned");
  if (returned.length === 0) {
    return [
      { invariant: "I4", what: `${name} succeeded, and no handler of it returned`, detail: {} },
    ];
  }
  const exec = execIn(task.output);
  if (exec === null) return [];
  const author = returned.find((each) => each.exec === exec);
  if (author === undefined) {
    const what = `${name} has the output of execution ${exec}, which is none of it that returned`;
    return [
      { invariant: "I4", what, detail: { exec, returned: returned.map((each) => each.exec) } },
    ];
  }
  if (task.startedAt !== null && author.beganAt < Math.floor(task.startedAt)) {
    const what = `${name} was completed by execution ${exec}, which began ${author.beganAt}, before its last attempt was claimed ${task.startedAt}`;
    return [{ invariant: "I3", what, detail: { exec } }];
  }
  return [];
}

function execIn(output: JsonValue): number | null {
  if (typeof output !== "object" || output === null || Array.isArray(output)) return null;
  const exec = (output as Readonly<Record<string, JsonValue>>)["exec"];
  return typeof exec === "number" ? exec : null;
}

/** Its updates come with its success, once each, from the execution that it has the output of. */
function announced({ name, task, updates, produces }: Case): readonly Violation[] {
  const exec = execIn(task.output);
  return produces.flatMap((dataset): readonly Violation[] => {
    const mine = updates.filter(({ of }) => of === dataset);
    const due = task.state === "succeeded" ? 1 : 0;
    if (mine.length !== due) {
      const what = `${name} is ${task.state}, and updated ${dataset} ${mine.length} times`;
      return [{ invariant: "I4", what, detail: { ids: mine.map(({ id }) => id) } }];
    }
    const strange = mine.find((update) => update.exec !== exec);
    if (strange === undefined) return [];
    const what = `${name} has the output of execution ${exec} and an update of ${strange.exec}`;
    return [{ invariant: "I3", what, detail: { id: strange.id } }];
  });
}

/** A handler that never threw, and whose processes did not die three times, cannot have failed. */
function unfairlyFailed({ name, task, run, executions, kind }: Case): readonly Violation[] {
  if (task.state !== "failed" || ENGINE_KINDS.has(kind) || ROUGH.has(run.pipeline)) return [];
  if (task.crashes >= CRASHES_MAX || executions.some(({ end }) => end === "threw")) return [];
  // The time of its group may be up, and the rest is up to what is asked of durable handlers.
  if (run.pipeline === "default/weave" || run.pipeline === "default/patient") return [];
  const what = `${name} failed, though its handler never did, after ${task.crashes} deaths of its processes: ${task.why}`;
  return [{ invariant: "I23", what, detail: { ends: executions.map(({ end }) => end) } }];
}
