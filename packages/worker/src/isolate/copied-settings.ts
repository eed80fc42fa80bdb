import { MillraceError, type PipelineDefinition } from "@millrace/core/internal";
import type { Settings } from "../settings.ts";
import type { CopiedSettings } from "./isolate-message.ts";

/** What a pipeline may see of its worker's settings, to be sent to another process. */
export function copySettings(definition: PipelineDefinition, settings: Settings): CopiedSettings {
  const secrets = definition.secrets.map((name) => {
    try {
      return { name, value: settings.secretOf(definition, name), problem: "" };
    } catch (error) {
      // Only the handler that asks for it is told.
      const problem = error instanceof Error ? error.message : String(error);
      return { name, value: null, problem };
    }
  });
  return { variables: settings.variablesOf(definition), secrets };
}

export function toSettings({ variables, secrets }: CopiedSettings): Settings {
  return {
    variablesOf: () => variables,
    secretOf({ spec }, name) {
      const secret = secrets.find((each) => each.name === name);
      if (secret !== undefined && secret.value !== null) return secret.value;
      const what = `secret ${name} of namespace ${spec.namespace}`;
      const problem =
        secret?.problem ?? `${what}: it is not declared; add it to the namespace's secrets`;
      throw new MillraceError("INPUT_INVALID", { what, issues: [problem] }, problem);
    },
  };
}
