import { EVENT, MillraceError, type PipelineDefinition, pipelineId } from "@millrace/core/internal";
import type { CommandContext } from "../command-context.ts";
import type { Schema } from "../input/checked-input.ts";
import { loadProject } from "./load-project.ts";
import type { Project } from "./project.ts";

/** Schemas are code: they are at hand only where the project is. */
export interface SchemasAtHand {
  /** Whether the code of the pipeline is here, so that what it lacks is known to be lacking. */
  isAtHand(pipeline: string): boolean;
  ofParams(pipeline: string): Schema | null;
  ofMetadata(dataset: string): Schema | null;
  ofEvent(name: string): Schema | null;
  /** Names of events that the project exports, whoever listens to them. */
  readonly events: readonly string[];
}

/**
 * The schemas of the project here. Without files that were named, a project that is not there or
 * cannot be loaded has none, because who sends a fact to a server may be anywhere.
 *
 * @throws {DEFINITION_INVALID} When named files cannot be loaded.
 * @throws {NOT_FOUND} When named files are not there.
 */
export async function schemasAtHand(
  context: CommandContext,
  files: readonly string[],
): Promise<SchemasAtHand> {
  return toSchemas(await loadIfAny(context, files));
}

export function toSchemas(project: Project | null): SchemasAtHand {
  const definitions = project?.definitions ?? [];
  const exported = project?.events ?? [];
  const definitionOf = (pipeline: string): PipelineDefinition | undefined =>
    definitions.find(({ spec }) => pipelineId(spec) === pipeline);
  return {
    isAtHand: (pipeline) => definitionOf(pipeline) !== undefined,
    ofParams: (pipeline) => definitionOf(pipeline)?.params ?? null,
    ofMetadata: (dataset) => first(definitions, ({ metadata }) => metadata.get(dataset)),
    ofEvent: (name) =>
      first(definitions, ({ events }) => events.get(name)) ??
      exported.find((event) => event.name === name)?.[EVENT].schema ??
      null,
    events: exported.map(({ name }) => name),
  };
}

async function loadIfAny(
  context: CommandContext,
  files: readonly string[],
): Promise<Project | null> {
  try {
    return await loadProject(context.project(files));
  } catch (error) {
    if (files.length > 0 || !MillraceError.is(error)) throw error;
    if (error.code === "DEFINITION_INVALID") {
      context.terminal.warn(
        `Nothing is checked against schemas, because of this:\n${error.message}`,
      );
    }
    return null;
  }
}

function first<T>(
  definitions: readonly PipelineDefinition[],
  pick: (definition: PipelineDefinition) => T | undefined,
): T | null {
  for (const definition of definitions) {
    const found = pick(definition);
    if (found !== undefined) return found;
  }
  return null;
}
