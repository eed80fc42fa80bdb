import type { ApprovalSpec, PollSpec, TaskKind, TaskSpec } from "../spec/task-spec.ts";
import { isPipeline, PIPELINE } from "../pipeline/any-pipeline.ts";
import { addPipeline } from "../pipeline/declarations.ts";
import { toDurationMs } from "./retry-options.ts";
import { toSensorSpec } from "./to-sensor-spec.ts";
import { APPROVAL_DEFAULTS, POLL_DEFAULTS, TASK_DEFAULTS } from "./task-defaults.ts";
import type { TaskScope } from "./task-scope.ts";

type KindSpecs = Partial<Pick<TaskSpec, "calls" | "poll" | "approval" | "sensor" | "timeoutMs">>;

/** What a spec has because of its kind: of a call what it calls, of a poll how it is repeated. */
export function toKindSpecs(kind: TaskKind, options: object, scope: TaskScope): KindSpecs {
  const written = options as Readonly<Record<string, unknown>>;
  if (kind === "call") return toCallSpecs(written, scope);
  if (kind === "poll") return toPollSpecs(written, scope);
  if (kind === "sensor") return { sensor: toSensorSpec(written, scope) };
  return kind === "approval" ? { approval: toApprovalSpec(written, scope) } : {};
}

function toCallSpecs(written: Readonly<Record<string, unknown>>, scope: TaskScope): KindSpecs {
  const { pipeline, wait, timeout } = written;
  for (const part of ["params", "partition"]) {
    if (written[part] === undefined || typeof written[part] === "function") continue;
    scope.problems.push(`its ${part} is no function: write ${part}: ({ needs }) => ({ … })`);
  }
  // Only to see whether it is one: the handler passes it on as it is.
  toDurationMs("timeout", timeout as string | undefined, 0, scope.problems);
  // The spec then lacks what it calls, which is told there.
  if (!isPipeline(pipeline)) return {};
  const id = addPipeline(scope.declarations, pipeline[PIPELINE]);
  return { calls: [{ pipeline: id, wait: wait !== false }] };
}

function toPollSpecs(written: Readonly<Record<string, unknown>>, scope: TaskScope): KindSpecs {
  const { every, timeout, onTimeout = POLL_DEFAULTS.onTimeout, until, tryTimeout } = written;
  const { problems, defaults } = scope;
  if (every === undefined) problems.push('it has no every; write e.g. every: "30s"');
  if (typeof until !== "function") {
    problems.push("its until is no function: write until: (output) => output.ready");
  }
  const attempt = (tryTimeout as string | undefined) ?? defaults.timeout;
  const poll: PollSpec = {
    everyMs: toDurationMs("every", every as string | undefined, 30_000, problems),
    timeoutMs:
      timeout === undefined
        ? POLL_DEFAULTS.timeoutMs
        : toDurationMs("timeout", timeout as string, 1, problems),
    onTimeout: onTimeout as PollSpec["onTimeout"],
  };
  return {
    poll,
    timeoutMs: toDurationMs("tryTimeout", attempt, TASK_DEFAULTS.timeoutMs, problems),
  };
}

function toApprovalSpec(
  written: Readonly<Record<string, unknown>>,
  { problems }: TaskScope,
): ApprovalSpec {
  const { asks, timeout } = written;
  const { roles = APPROVAL_DEFAULTS.roles, onTimeout = APPROVAL_DEFAULTS.onTimeout } = written;
  if (typeof asks !== "function" && (typeof asks !== "string" || asks.trim() === "")) {
    problems.push('it asks nothing; write asks: "Deploy to production?"');
  }
  const isList = Array.isArray(roles) && roles.every((role) => typeof role === "string");
  if (!isList) problems.push('its roles are no list of names; write roles: ["lead"]');
  return {
    roles: isList ? [...new Set(roles as readonly string[])] : [],
    timeoutMs:
      timeout === undefined
        ? APPROVAL_DEFAULTS.timeoutMs
        : toDurationMs("timeout", timeout as string, 1, problems),
    onTimeout: onTimeout as ApprovalSpec["onTimeout"],
  };
}
