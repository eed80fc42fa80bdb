import { definitionInvalid, MillraceError } from "@millrace/core/internal";
import { type HookDefinition, hookDefinitionProblems, isHook } from "@millrace/sensors/internal";
import { findModules } from "./find-modules.ts";
import { loadModules } from "./load-modules.ts";
import type { ProjectInput } from "./load-project.ts";

/**
 * The hooks that a project's modules export. No pipeline need be among them: who takes messages
 * runs nothing.
 *
 * @throws {NOT_FOUND} When there are no modules, or no hook in them.
 * @throws {DEFINITION_INVALID} When two hooks have one name.
 */
export async function loadHooks({
  files,
  directory,
}: ProjectInput): Promise<readonly HookDefinition[]> {
  const found = await findModules(files, directory);
  const hooks = hooksIn(await loadModules(found, directory));
  if (hooks.length > 0) return hooks;
  throw new MillraceError(
    "NOT_FOUND",
    { what: "hook", name: files.join(", ") || directory },
    "There is no hook in these modules, so nothing could be taken. Export what jsonHook(…), " +
      "cloudEventsHook(…), snsHook(…), eventBridgeHook(…) or minioHook(…) returns.",
  );
}

/**
 * The hooks that modules export; one that several modules export is one.
 *
 * @throws {DEFINITION_INVALID} When two hooks have one name.
 */
export function hooksIn(modules: readonly object[]): readonly HookDefinition[] {
  const exported = modules.flatMap((module) => Object.values(module as Record<string, unknown>));
  const hooks = [...new Set(exported.filter(isHook))];
  const problems = hookDefinitionProblems(hooks);
  if (problems.length > 0) throw definitionInvalid(problems);
  return hooks;
}
