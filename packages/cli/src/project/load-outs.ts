import { alertProblems, definitionInvalid, type PipelineDefinition } from "@millrace/core/internal";
import { isOut } from "@millrace/sensors";
import type { NamespaceAlerts, OutDeclarations } from "@millrace/sensors/internal";

/**
 * Who outside is told of facts: what modules export, and the alerts of the namespaces of the
 * pipelines.
 *
 * @throws {DEFINITION_INVALID} When two of them have one name.
 */
export function outsIn(
  exported: readonly unknown[],
  definitions: readonly PipelineDefinition[],
): OutDeclarations {
  const outs = [...new Set(exported.filter(isOut))];
  const alerts = alertsIn(definitions);
  const names = outs.map(({ type, name }) => `${type}Out ${name}`);
  const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  const problems = [
    ...[...twice].map((name) => `The project exports two ${name}. Rename one.`),
    ...alerts.flatMap(({ namespace, channels }) =>
      alertProblems(channels).map((problem) => `Namespace ${namespace}: ${problem}.`),
    ),
  ];
  if (problems.length > 0) throw definitionInvalid(problems);
  return { outs, alerts };
}

/** Several modules may declare one namespace; its channels are those of all of them. */
function alertsIn(definitions: readonly PipelineDefinition[]): readonly NamespaceAlerts[] {
  const found = Map.groupBy(definitions, ({ spec }) => spec.namespace);
  return [...found].flatMap(([namespace, all]) => {
    const channels = [...new Set(all.flatMap(({ alerts }) => alerts))];
    return channels.length === 0 ? [] : [{ namespace, channels }];
  });
}
