import {
  type Handler,
  MillraceError,
  type PipelineDefinition,
  pipelineId,
  shortName,
} from "@millrace/core/internal";

/**
 * What tasks do instead of running their handlers, by name: a function is the handler, anything
 * else is the output. The stub of a `call` gives the called pipeline's result, that of an
 * `approval` what people would have said.
 */
export type Stubs = Readonly<Record<string, unknown>>;

/**
 * Puts stubs in the place of handlers.
 *
 * @param stubs - By pipeline name, with its namespace unless that is the default one.
 * @throws {NOT_FOUND} When a stub names a pipeline or a task that is not there.
 */
export function withStubs(
  definitions: readonly PipelineDefinition[],
  stubs: Readonly<Record<string, Stubs>>,
): readonly PipelineDefinition[] {
  const known = definitions.map(({ spec }) => shortName(pipelineId(spec)));
  const strange = Object.keys(stubs).find((name) => !known.includes(name));
  if (strange !== undefined) throw unknown("pipeline", strange, known);
  return definitions.map((definition) => {
    const mine = stubs[shortName(pipelineId(definition.spec))];
    return mine === undefined ? definition : stubbed(definition, mine);
  });
}

function stubbed(definition: PipelineDefinition, stubs: Stubs): PipelineDefinition {
  const handlers = new Map(definition.handlers);
  for (const [task, stub] of Object.entries(stubs)) {
    if (!handlers.has(task)) throw unknown("task", task, [...handlers.keys()]);
    handlers.set(task, typeof stub === "function" ? (stub as Handler) : () => stub);
  }
  return { ...definition, handlers };
}

function unknown(what: string, name: string, known: readonly string[]): MillraceError {
  const message = `A stub names the ${what} ${JSON.stringify(name)}, which is not there. There are: ${known.join(", ")}.`;
  return new MillraceError("NOT_FOUND", { what, name }, message);
}
