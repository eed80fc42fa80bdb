import { givenTrace } from "../input/given-trace.ts";
import { durationMs } from "../input/number-input.ts";
import { toRecord } from "../input/pairs.ts";

/** The options of `millrace run`, as they were written. */
export interface RunOptions {
  readonly param?: readonly string[];
  readonly partition?: readonly string[];
  readonly key?: string;
  readonly traceparent?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
  readonly file?: readonly string[];
}

/** The command line, checked before anything is opened. */
export interface Order {
  readonly pipeline: string;
  readonly params: Readonly<Record<string, string>>;
  readonly partition: Readonly<Record<string, string>>;
  readonly idempotencyKey: string | null;
  readonly traceparent: string | null;
  readonly isWaitedFor: boolean;
  readonly timeoutMs: number;
  readonly files: readonly string[];
}

export function toOrder(pipeline: string, options: RunOptions): Order {
  const { timeout } = options;
  return {
    pipeline,
    params: toRecord("--param", options.param ?? []),
    partition: toRecord("--partition", options.partition ?? []),
    idempotencyKey: options.key ?? null,
    traceparent: givenTrace(options.traceparent),
    isWaitedFor: options.wait ?? timeout !== undefined,
    timeoutMs: timeout === undefined ? Infinity : durationMs("--timeout", timeout),
    files: options.file ?? [],
  };
}
