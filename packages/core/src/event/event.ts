import type { StandardSchemaV1 } from "@standard-schema/spec";
import { machineNameProblem, quoted } from "../check/names.ts";
import { isStandardSchema, jsonSchemaOf } from "../dataset/json-schema.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import type { EventSpec } from "../spec/event-spec.ts";
import { reservedProblem } from "./reserved.ts";

export interface EventDeclaration {
  readonly spec: EventSpec;
  readonly schema: StandardSchemaV1 | null;
}

export const EVENT: unique symbol = Symbol.for("millrace.event") as never;

export interface AnyEvent {
  readonly name: string;
  readonly [EVENT]: EventDeclaration;
  readonly "~event"?: { readonly i: unknown; readonly o: unknown };
}

/** A type of event on the bus; by itself it is a trigger that every such event fires. */
export interface EventType<N extends string, I, O> extends AnyEvent {
  readonly name: N;
  readonly "~event"?: { readonly i: I; readonly o: O };
}

export type EventIn<E> = E extends { readonly "~event"?: { readonly i: infer I } } ? I : never;
export type EventOut<E> = E extends { readonly "~event"?: { readonly o: infer O } } ? O : never;

/** What filters and paths of an event look at. */
export interface EventFacts<O> {
  readonly data: O;
}

export interface EventOptions<I, O> {
  /** Schema of its data. */
  readonly data?: StandardSchemaV1<I, O>;
  /** Who hears it: pipelines of the publisher's namespace, or all of them; `all` unless given. */
  readonly scope?: "namespace" | "all";
}

/**
 * Declares a type of event.
 *
 * @param name - Global, like `ticket.stale`: lower case, digits, `.`, `_` and `-`. What begins with
 * `millrace.` is Millrace's own.
 * @throws {DEFINITION_INVALID} When its name, scope or schema is none.
 *
 * @example
 * const stale = event("ticket.stale", { data: z.object({ ticket: z.string() }), scope: "namespace" });
 */
export function event<const N extends string, I = unknown, O = I>(
  name: N,
  options: EventOptions<I, O> = {},
): EventType<N, I, O> {
  const problem =
    machineNameProblem(name) ??
    reservedProblem(name) ??
    scopeProblem(options.scope ?? "all") ??
    schemaProblem(options.data);
  if (problem !== null) throw definitionInvalid([`Event ${JSON.stringify(name)}: ${problem}.`]);
  const schema = options.data ?? null;
  const spec: EventSpec = {
    name,
    schema: schema === null ? null : jsonSchemaOf(schema, "output"),
    ...(options.scope === "namespace" && { scope: "namespace" }),
  };
  return Object.freeze({ name, [EVENT]: Object.freeze({ spec: Object.freeze(spec), schema }) });
}

function scopeProblem(scope: unknown): string | null {
  if (scope === "namespace" || scope === "all") return null;
  return `its scope ${quoted(scope)} is not known; write "namespace" or "all"`;
}

function schemaProblem(data: unknown): string | null {
  if (data === undefined || isStandardSchema(data)) return null;
  return "its data is no Standard Schema; use e.g. z.object({ … })";
}

export function isEvent(value: unknown): value is AnyEvent {
  return typeof value === "object" && value !== null && EVENT in value;
}
