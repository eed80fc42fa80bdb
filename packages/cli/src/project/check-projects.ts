import {
  checkDeployment,
  checkGraph,
  checkSharedLimits,
  graphWarnings,
  MillraceError,
  type PipelineSpec,
  type RegisteredSpec,
} from "@millrace/core/internal";
import { loadProject, type ProjectInput } from "./load-project.ts";
import type { Project } from "./project.ts";

export interface ProjectsCheck {
  /** Those that could be loaded. */
  readonly projects: readonly Project[];
  /** Complete sentences, each with its mend; empty when all is well. */
  readonly problems: readonly string[];
  /** Complete sentences about what can be registered and is likely to be a mistake. */
  readonly warnings: readonly string[];
}

/**
 * Loads projects and checks them together, as registering them would: their definitions, their
 * declarations, and the graph of all their pipelines.
 *
 * @param registered - What other deployments have registered. Those of the same name are replaced.
 * @throws {NOT_FOUND} When there is nothing to load at a path.
 */
export async function checkProjects(
  inputs: readonly ProjectInput[],
  registered: readonly RegisteredSpec[],
): Promise<ProjectsCheck> {
  const projects: Project[] = [];
  const problems: string[] = [];
  for (const input of inputs) {
    try {
      const project = await loadProject(input);
      projects.push(project);
      problems.push(...checkSharedLimits(specsOf(project)));
    } catch (error) {
      if (!MillraceError.is(error, "DEFINITION_INVALID")) throw error;
      problems.push(...error.data.problems);
    }
  }
  const specs = [...othersOf(inputs, registered), ...projects.flatMap(specsOf)];
  problems.push(...checkDeployment(specs), ...checkGraph(specs));
  return { projects, problems: [...new Set(problems)], warnings: graphWarnings(specs) };
}

export function specsOf({ definitions }: Project): readonly PipelineSpec[] {
  return definitions.map(({ spec }) => spec);
}

function othersOf(
  inputs: readonly ProjectInput[],
  registered: readonly RegisteredSpec[],
): readonly PipelineSpec[] {
  const replaced = new Set(inputs.map(({ name }) => name));
  return registered.flatMap(({ deployment, spec }) => (replaced.has(deployment) ? [] : [spec]));
}
