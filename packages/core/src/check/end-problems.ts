import { quoted } from "./names.ts";

/** What is to happen when the time is up never does where there is no time: nobody means that. */
export function endlessProblems(
  whose: string,
  { onTimeout, timeoutMs }: { readonly onTimeout: string; readonly timeoutMs: number | null },
): string[] {
  if (timeoutMs !== null || onTimeout === "fail") return [];
  return [`${whose} onTimeout ${quoted(onTimeout)} has no timeout, so it waits for ever; add one`];
}

/** Which end was chosen, of those that there are. */
export function choiceProblems(onTimeout: string, known: readonly string[]): string[] {
  if (known.includes(onTimeout)) return [];
  return [`its onTimeout ${quoted(onTimeout)} is not known; write ${known.join(" or ")}`];
}
