import { quoted } from "../check/names.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import type { Handler } from "../pipeline/definition.ts";
import { isRecord } from "../spec/json.ts";
import type { GroupSpec } from "../spec/pipeline-spec.ts";
import type { TaskKind, TaskSpec } from "../spec/task-spec.ts";
import type { Build } from "./build.ts";
import type { Env } from "./context.ts";
import { type Group, toGroup } from "./group.ts";
import { type AnyHandle, HANDLE, isHandle, type Owner, toHandle } from "./handle.ts";
import { handlerOf } from "./handler-of.ts";
import { retryWhenOf } from "./retry-options.ts";
import type { PipelineScope } from "./task-scope.ts";
import { toGroupSpec } from "./to-group-spec.ts";
import { type AnyTaskOptions, toTaskSpec } from "./to-task-spec.ts";

/** The tasks of one pipeline as its build function declares them. */
export interface RecordedTasks {
  readonly tasks: readonly TaskSpec[];
  readonly groups: Readonly<Record<string, GroupSpec>>;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly retryWhen: ReadonlyMap<string, (error: unknown) => boolean>;
  readonly result: string | null;
  /** Complete sentences. */
  readonly problems: readonly string[];
}

/** Runs `build`, and takes down what it declares and what is wrong with it. */
export function recordTasks<E extends Env>(
  scope: PipelineScope,
  build: (builder: Build<E>) => unknown,
): RecordedTasks {
  const recorder = new TaskRecorder(scope);
  return recorder.end(build(recorder.builder as Build<E>));
}

/** Takes down one pipeline. What is wrong is collected, so that all of it is told at once. */
class TaskRecorder {
  readonly builder: object;
  readonly #scope: PipelineScope;
  readonly #owner: Owner;
  readonly #tasks: TaskSpec[] = [];
  readonly #groups: Map<string, GroupSpec> = new Map();
  readonly #handlers: Map<string, Handler> = new Map();
  readonly #retryWhen: Map<string, (error: unknown) => boolean> = new Map();
  readonly #problems: string[] = [];
  #isOpen = true;

  constructor(scope: PipelineScope) {
    this.#scope = scope;
    this.#owner = { pipeline: scope.id };
    const written =
      (kind: TaskKind) =>
      (name: string, ...rest: readonly unknown[]) =>
        this.#record(kind, name, rest);
    this.builder = {
      task: written("task"),
      map: written("map"),
      branch: written("branch"),
      poll: written("poll"),
      call: written("call"),
      approval: written("approval"),
      sensor: written("sensor"),
      group: (name: string, options: unknown) => this.#group(name, options),
    };
  }

  end(result: unknown): RecordedTasks {
    this.#isOpen = false;
    const issue = resultIssue(result, this.#owner);
    if (issue !== null) this.#problems.push(`Pipeline ${this.#scope.id}: ${issue}.`);
    return {
      tasks: this.#tasks,
      groups: Object.fromEntries(this.#groups),
      handlers: this.#handlers,
      retryWhen: this.#retryWhen,
      result: issue === null && isHandle(result) ? result[HANDLE].ref.task : null,
      problems: this.#problems,
    };
  }

  #record(kind: TaskKind, given: unknown, rest: readonly unknown[]): AnyHandle {
    const name = String(given);
    const where = `task ${quoted(given)}`;
    this.#mustBeOpen(where);
    const problems: string[] = [];
    const handler = handlerOf(kind, rest, problems);
    const options = optionsOf(kind, rest, problems);
    if (this.#handlers.has(name)) {
      problems.push(
        `a ${kind} of this name is declared above it: give each task a name of its own`,
      );
    }
    const scope = { ...this.#scope, name, owner: this.#owner, problems };
    const spec = toTaskSpec(kind, options, scope);
    const retryWhen = retryWhenOf(options.retries ?? scope.defaults.retries, problems);
    if (!this.#handlers.has(name)) this.#tasks.push(spec);
    this.#handlers.set(name, handler);
    if (retryWhen !== null) this.#retryWhen.set(name, retryWhen);
    this.#tell(where, problems);
    return toHandle(this.#owner, { task: name, path: [] });
  }

  #group(given: unknown, options: unknown = {}): Group {
    const name = String(given);
    const where = `group ${quoted(given)}`;
    this.#mustBeOpen(where);
    const problems: string[] = [];
    if (!isRecord(options)) problems.push("its options are no object: write group(name, { … })");
    if (this.#groups.has(name)) {
      problems.push("a group of this name is declared above it: give each group a name of its own");
    }
    this.#groups.set(name, toGroupSpec(isRecord(options) ? options : {}, problems));
    this.#tell(where, problems);
    return toGroup(name, this.#owner);
  }

  #tell(where: string, problems: readonly string[]): void {
    const { id } = this.#scope;
    this.#problems.push(...problems.map((problem) => `Pipeline ${id}, ${where}: ${problem}.`));
  }

  #mustBeOpen(where: string): void {
    if (this.#isOpen) return;
    throw definitionInvalid([`Pipeline ${this.#scope.id}, ${where}: ${TOO_LATE}.`]);
  }
}

const TOO_LATE =
  "it is declared after its build function has returned; declare all tasks while it runs, without await";

function optionsOf(kind: TaskKind, rest: readonly unknown[], problems: string[]): AnyTaskOptions {
  const isMade = kind === "call" || kind === "approval" || kind === "sensor";
  const options = isMade || rest.length > 1 || isRecord(rest[0]) ? rest[0] : {};
  if (isRecord(options)) return options;
  const form = isMade ? `${kind}(name, { … })` : `${kind}(name, { … }, handler)`;
  problems.push(`its options are no object: write ${form}`);
  return {};
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
