import type { AnyPipeline } from "../pipeline/any-pipeline.ts";
import type { Handler } from "../pipeline/definition.ts";
import type { Context } from "./context.ts";

/** The options of a `call` as they arrive; the compiler has checked them. */
export interface WrittenCall {
  readonly pipeline: AnyPipeline;
  readonly wait?: boolean;
  readonly timeout?: string;
  readonly inherit?: boolean;
  readonly partition?: (context: Context) => object;
  readonly params?: (context: Context) => unknown;
}

type AnyCall = (pipeline: AnyPipeline, params: unknown, options: object) => Promise<unknown>;

/** A node that calls a pipeline is a task whose handler does nothing else. */
export function callHandler(written: WrittenCall): Handler {
  const { pipeline, wait, timeout, inherit, partition, params } = written;
  return (context: Context) => {
    const call = context.call as AnyCall;
    return call(pipeline, params?.(context) ?? {}, {
      ...(wait === false && { wait }),
      ...(timeout !== undefined && { timeout }),
      ...(inherit !== undefined && { inherit }),
      ...(partition !== undefined && { partition: partition(context) }),
    });
  };
}
