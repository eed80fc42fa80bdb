import { definitionInvalid, hasDefinition, type PipelineDefinition } from "@millrace/core/internal";
import { type AnyEvent, definitionOf, isEvent, pipelineId } from "@millrace/core/internal";
import {
  type EventSourceDefinition,
  type HookDefinition,
  isEventSource,
  isObjectSource,
  type ObjectSource,
} from "@millrace/sensors";
import type { OutDeclarations } from "@millrace/sensors/internal";
import { hooksIn } from "./load-hooks.ts";
import { outsIn } from "./load-outs.ts";

/** What one deployment consists of: code that is registered and run together. */
export interface Project {
  readonly name: string;
  /** Grows with each build; null when builds are not numbered. */
  readonly build: number | null;
  readonly definitions: readonly PipelineDefinition[];
  readonly sources: readonly ObjectSource[];
  /** What is read from where other systems put their messages. */
  readonly eventSources: readonly EventSourceDefinition[];
  /** What `millrace intake` takes in. */
  readonly hooks: readonly HookDefinition[];
  /** Who outside is told of facts. */
  readonly out: OutDeclarations;
  /** Those that handlers only wait for are in no definition. */
  readonly events: readonly AnyEvent[];
  /** Absolute paths of the modules, which isolated tasks load in their own processes. */
  readonly files: readonly string[];
}

export interface ProjectOptions {
  readonly name: string;
  readonly build?: number | null;
  /** Modules whose exports are looked through for pipelines, sources and hooks. */
  readonly modules: readonly object[];
  /** Their absolute paths; unless given, isolated tasks cannot run. */
  readonly files?: readonly string[];
}

/**
 * Collects the pipelines, sources and hooks that modules export. A pipeline that several modules
 * export is one.
 *
 * @throws {DEFINITION_INVALID} When there is no pipeline, or two different ones have one name, or
 *   two hooks, or two sources of messages.
 */
export function toProject({ name, build = null, modules, files = [] }: ProjectOptions): Project {
  const exported = modules.flatMap((module) => Object.values(module as Record<string, unknown>));
  const definitions = [...new Set(exported.filter(hasDefinition).map(definitionOf))];
  const sources = [...new Set(exported.filter(isObjectSource))];
  const eventSources = [...new Set(exported.filter(isEventSource))];
  const hooks = hooksIn(modules);
  const out = outsIn(exported, definitions);
  const events = [...new Set(exported.filter(isEvent))];
  const names = definitions.map(({ spec }) => pipelineId(spec));
  const twice = [
    ...twiceIn(names).map((id) => `pipelines ${id}`),
    // The name is a part of what messages are known by: those of one would count for the other.
    ...twiceIn(eventSources.map((source) => source.name)).map((id) => `sources of messages ${id}`),
  ];
  if (twice.length > 0) {
    throw definitionInvalid(
      twice.map(
        (what) => `Project ${name} has two ${what}. Rename one: a name stands for one thing.`,
      ),
    );
  }
  if (definitions.length === 0) {
    throw definitionInvalid([
      `Project ${name} exports no pipeline. Export what pipeline(…) returns, ` +
        "as in `export const report = pipeline(…)`.",
    ]);
  }
  return { name, build, definitions, sources, eventSources, hooks, out, events, files };
}

function twiceIn(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
