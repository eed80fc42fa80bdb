/** What the handler of a poll returns that is not content yet: it is asked again. */
export const AGAIN: unique symbol = Symbol.for("millrace.again") as never;
