import type { Handler } from "../pipeline/definition.ts";

/** What the handler of a poll returns that is not content yet: it is asked again. */
export const AGAIN: unique symbol = Symbol.for("millrace.again") as never;

/** A try of a poll: the output when it is what was waited for, else `AGAIN`. */
export function pollHandler(handler: Handler, until: (output: never) => unknown): Handler {
  return async (context) => {
    const output = await handler(context);
    return (await until(output as never)) === true ? output : AGAIN;
  };
}
