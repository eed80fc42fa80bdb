import { present } from "@millrace/core/internal";
import { askMillrace } from "../check/ask-millrace.ts";
import { type Asking, CALL_MS, cannotAsk, type Look, type Question } from "./asking.ts";
import { asList } from "./as-list.ts";
import { closeClient, openClient } from "./database-client.ts";
import { resolveRunAsk } from "./resolve-run-ask.ts";
import type { RunAsk } from "./stored-check.ts";

/** Asks the database of another Millrace for all checks of it, over one connection. */
export async function askOtherMillrace(
  questions: readonly Question<RunAsk>[],
  asking: Asking,
): Promise<readonly Look[]> {
  const { now, isLate } = asking;
  const name = present(questions[0]).ask.connection;
  const read = await asking.connection(name);
  if (!read.ok) return questions.map(() => cannotAsk(read.problem, now()));
  const resolved = questions.map(({ ask, waiter }) =>
    resolveRunAsk("millrace", ask, waiter, read.connection.url ?? ""),
  );
  const client = await openClient(read.connection);
  if (typeof client === "string")
    return questions.map(() => cannotAsk(`${name}: ${client}`, now()));
  try {
    const checks = resolved.flatMap((each) => (each.ok ? [each.check] : []));
    const found = await askMillrace(checks, { client, statementMs: CALL_MS, now, isLate });
    let place = 0;
    return resolved.map((each, at): Look => {
      if (!each.ok) return { type: "failed", said: each.problem, url: null, at: now() };
      const look = found[place++] ?? "notAsked";
      return present(questions[at]).ask.isSeveral ? asList(look) : look;
    });
  } finally {
    await closeClient(client);
  }
}
