import { quoted } from "../check/names.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import type { Declarations } from "../pipeline/declarations.ts";
import type { Handler } from "../pipeline/definition.ts";
import { isRecord } from "../spec/json.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import type { Build } from "./build.ts";
import type { Env } from "./context.ts";
import { type AnyHandle, HANDLE, isHandle, type Owner, toHandle } from "./handle.ts";
import { type AnyTaskOptions, toTaskSpec } from "./to-task-spec.ts";

/** The tasks of one pipeline as its build function declares them. */
export interface RecordedTasks {
  readonly tasks: readonly TaskSpec[];
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly retryWhen: ReadonlyMap<string, (error: unknown) => boolean>;
  readonly result: string | null;
  /** Complete sentences. */
  readonly problems: readonly string[];
}

/** Runs `build`, and takes down what it declares and what is wrong with it. */
export function recordTasks<E extends Env>(
  pipeline: string,
  declarations: Declarations,
  build: (builder: Build<E>) => unknown,
): RecordedTasks {
  const owner: Owner = { pipeline };
  const tasks: TaskSpec[] = [];
  const handlers = new Map<string, Handler>();
  const retryWhen = new Map<string, (error: unknown) => boolean>();
  const problems: string[] = [];
  let isOpen = true;

  function record(kind: TaskSpec["kind"], name: unknown, rest: readonly unknown[]): AnyHandle {
    const text = quoted(name);
    if (!isOpen) throw definitionInvalid([`Pipeline ${pipeline}, task ${text}: ${TOO_LATE}.`]);
    const found: string[] = [];
    const handler = rest.at(-1);
    const options = rest.length > 1 ? rest[0] : {};
    if (!isHandler(handler))
      found.push(`its handler is no function: give one as the last argument`);
    if (!isRecord(options))
      found.push(`its options are no object: write ${kind}(name, { … }, handler)`);
    if (handlers.has(String(name))) {
      found.push(`a ${kind} of this name is declared above it: give each task a name of its own`);
    }
    const scope = { owner, declarations, problems: found };
    const spec = toTaskSpec(
      String(name),
      kind,
      isRecord(options) ? (options as AnyTaskOptions) : {},
      scope,
    );
    if (!handlers.has(spec.name)) tasks.push(spec);
    handlers.set(spec.name, isHandler(handler) ? handler : () => null);
    problems.push(...found.map((problem) => `Pipeline ${pipeline}, task ${text}: ${problem}.`));
    return toHandle(owner, { task: spec.name, path: [] });
  }

  const result = build({
    task: (name: string, ...rest: readonly unknown[]) => record("task", name, rest),
    map: (name: string, ...rest: readonly unknown[]) => record("map", name, rest),
    branch: (name: string, ...rest: readonly unknown[]) => record("branch", name, rest),
  } as Build<E>);
  isOpen = false;
  const issue = resultIssue(result, owner);
  if (issue !== null) problems.push(`Pipeline ${pipeline}: ${issue}.`);
  const task = issue === null && isHandle(result) ? result[HANDLE].ref.task : null;
  return { tasks, handlers, retryWhen, result: task, problems };
}

const TOO_LATE =
  "it is declared after its build function has returned; declare all tasks while it runs, without await";

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}

function resultIssue(result: unknown, owner: Owner): string | null {
  if (result === undefined || result === null) return null;
  if (result instanceof Promise)
    return "its build function is async; build the tasks without await";
  if (!isHandle(result)) return "its build function returns no handle; return a task's, or nothing";
  if (result[HANDLE].owner !== owner) {
    return `its build function returns a handle of pipeline ${result[HANDLE].owner.pipeline}; return one of its own`;
  }
  if (result[HANDLE].ref.path.length > 0) {
    return "its build function returns a part of an output; return the whole task's handle";
  }
  return null;
}
