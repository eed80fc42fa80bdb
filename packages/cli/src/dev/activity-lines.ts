import { compileCondition, formatDuration, type SourceSpec } from "@millrace/core/internal";
import type { Activity, DeliveryDetail, RunDetail } from "@millrace/postgres";
import { causeWords } from "../run/cause-words.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { partitionWords, runName, shortName, signOf, storedErrorWords } from "../terminal/words.ts";
import { clockText } from "./clock-text.ts";

type UpdateActivity = Activity & { readonly type: "update" };
type RunActivity = Activity & { readonly type: "run" };

/** Effects stand in a column of their own, so that the eye can follow a chain down the page. */
const CAUSE_WIDTH = 40;

/** `02:00:01 ● raw-orders updated                     → orders-etl started (run_12)`. */
export function updateLines(
  { at, dataset, partition }: UpdateActivity,
  deliveries: readonly DeliveryDetail[],
  terminal: Terminal,
): string {
  const what = [shortName(dataset), "updated", partitionWords(partition)].filter(Boolean).join(" ");
  const sign = terminal.styled("cyan", "●");
  return withEffects(`${clockText(at)} ${sign} `, what, deliveries.map(effectWords));
}

/** For a run that no update started. */
export function startedLine({ at, pipeline, id, cause }: RunActivity, terminal: Terminal): string {
  const sign = terminal.styled("cyan", "▶");
  return withEffects(`${clockText(at)} ${sign} `, causeWords(cause), [
    `${shortName(pipeline)} started (${runName(id)})`,
  ]);
}

export function endedLines(run: RunDetail, terminal: Terminal): string {
  const { sign, style } = signOf(run.state);
  const took =
    run.startedAt === null || run.endedAt === null
      ? ""
      : formatDuration(run.endedAt.getTime() - run.startedAt.getTime());
  const what = [shortName(run.pipeline), run.state === "succeeded" ? "" : run.state, took]
    .filter(Boolean)
    .join(" ");
  const effects =
    run.state === "failed"
      ? [...failuresOf(run), `millrace show ${runName(run.id)}`]
      : run.updates.map(({ dataset, partition }) =>
          `${shortName(dataset)} ${partitionWords(partition)}`.trim(),
        );
  const at = clockText(run.endedAt ?? run.createdAt);
  return withEffects(`${at} ${terminal.styled(style, sign)} `, what, effects.slice(0, 10));
}

function failuresOf({ tasks }: RunDetail): readonly string[] {
  return tasks
    .filter(({ state }) => state === "failed")
    .map(({ name, error, reason }) => `${name}: ${storedErrorWords(error) || (reason ?? "")}`);
}

/** What became of an update at one trigger, as ux writes it. */
export function effectWords(delivery: DeliveryDetail): string {
  const { disposition, reason, runId, trigger } = delivery;
  const pipeline = shortName(delivery.pipeline);
  switch (disposition) {
    case "started":
      return `${pipeline} started (${runName(runId ?? 0)})`;
    case "included":
      return `${pipeline} included (${runName(runId ?? 0)})`;
    case "waiting_for":
      return `${pipeline} ${waitingWords(delivery)}`;
    default:
      return `${pipeline} not started by ${trigger}: ${reason ?? disposition.replaceAll("_", " ")}`;
  }
}

function waitingWords({ condition, legs }: DeliveryDetail): string {
  const all = compileCondition(condition).legs;
  const missing = all.filter((_, leg) => !legs.includes(leg));
  const names = missing.map(({ source }) => sourceName(source));
  return `waiting for ${missing.length} of ${all.length} (${names.join(", ")})`;
}

function sourceName(source: SourceSpec): string {
  switch (source.type) {
    case "dataset":
      return shortName(source.dataset);
    case "pipeline":
      return `end of ${shortName(source.pipeline)}`;
    case "event":
      return source.event;
    case "pattern":
      return `any of ${source.uri}`;
    case "events":
      return `any of ${source.pattern}`;
  }
}

/** `head` may hold colours, which have no width; what follows is as wide as it is long. */
function withEffects(head: string, what: string, effects: readonly string[]): string {
  if (effects.length === 0) return head + what;
  const [first, ...rest] = effects;
  const indent = " ".repeat("00:00:00 ● ".length + CAUSE_WIDTH);
  const lines = rest.map((effect) => `${indent} → ${effect}`);
  return [`${head}${what.padEnd(CAUSE_WIDTH)} → ${first}`, ...lines].join("\n");
}
