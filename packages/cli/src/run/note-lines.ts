import type { RunDetail, RunNotes, TaskPlace } from "@millrace/postgres";
import { toTable } from "../terminal/table.ts";
import { runName, shortName } from "../terminal/words.ts";

/** How a run is related to others: labels and texts, empty where there is nothing. */
export function kinshipFacts(notes: RunNotes): readonly (readonly [string, string])[] {
  const { retryOf, retriedBy, parent, children } = notes;
  const named = ({ id, pipeline, state }: RunNotes["children"][number]): string =>
    `${runName(id)} ${shortName(pipeline)} ${state}`;
  return [
    ["called by", parent === null ? "" : `${runName(parent.id)} ${shortName(parent.pipeline)}`],
    ...children.map((child) => ["called", named(child)] as const),
    ["goes on from", retryOf === null ? "" : runName(retryOf)],
    ["done again by", retriedBy.map(runName).join(", ")],
  ];
}

/** What it waits for, what its tasks say of themselves, and what people did. */
export function noteLines({ id, state, notes }: RunDetail): readonly string[] {
  const { pausedAt, held, waits, statuses, audit } = notes;
  const name = runName(id);
  const asks = waits.some(({ words }) => words.startsWith("waits for the approval"));
  const whole = [
    ...(pausedAt === null
      ? []
      : [`paused since ${pausedAt.toISOString()}; let it go on:  millrace resume ${name}`]),
    ...held.map((reason) => `waits: ${reason}`),
  ];
  return [
    ...section(whole.map((line) => [`  ${line}`])),
    ...section(waits.map((wait) => [`  ${placeName(wait)}`, wait.words])),
    ...(asks ? [`  Answer with:  millrace approve ${name}   or  millrace reject ${name}`] : []),
    ...section(
      statuses.map((each) => [`  ${placeName(each)}`, each.key, JSON.stringify(each.value)]),
    ),
    ...section(
      audit.map(({ at, by, action, task, why }) => [
        `  ${at.toISOString()}`,
        by,
        [action, task].filter(Boolean).join(" "),
        why ?? "",
      ]),
    ),
    ...(state === "failed" && notes.retriedBy.length === 0
      ? ["", `  Do again what failed:  millrace retry ${name}`]
      : []),
  ];
}

function section(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ["", toTable(rows)];
}

function placeName({ task, item }: TaskPlace): string {
  return item === null ? task : `${task}[${item}]`;
}
