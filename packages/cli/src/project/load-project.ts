import { wholeNumber } from "../input/number-input.ts";
import { findModules } from "./find-modules.ts";
import { loadModules } from "./load-modules.ts";
import { type Project, toProject } from "./project.ts";
import { projectNameOf } from "./project-name.ts";

/** What the command line says about the project. */
export interface ProjectInput {
  /** Files and folders; empty for the default ones. */
  readonly files: readonly string[];
  /** Null for the name in package.json. */
  readonly name: string | null;
  readonly build: string | null;
  readonly directory: string;
}

/**
 * Finds, imports and collects a project.
 *
 * @throws {NOT_FOUND} When there are no modules.
 * @throws {DEFINITION_INVALID} When they cannot be loaded, or define nothing that fits.
 */
export async function loadProject(input: ProjectInput): Promise<Project> {
  const { files, directory } = input;
  const found = await findModules(files, directory);
  const modules = await loadModules(found, directory);
  const name = input.name ?? (await projectNameOf(directory));
  const build =
    input.build === null
      ? null
      : wholeNumber("--build", input.build, { min: 0, max: Number.MAX_SAFE_INTEGER });
  return toProject({ name, build, modules, files: found });
}
