import { shortName } from "../namespace/short-name.ts";
import { partitionWords } from "../partition/partition-words.ts";
import { type Incident, incidentKey } from "./incident.ts";

/** What an alert says, before any channel gives it its form. */
export interface AlertMessage {
  /** Once per channel. */
  readonly key: string;
  /** One line: what happened. */
  readonly title: string;
  /** ISO 8601: since when. */
  readonly since: string;
  /** What more is known, in order. */
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  /** Where to look, in a terminal; null where no command shows it. */
  readonly command: string | null;
  /** Where to look, in a browser; null without a page for it. */
  readonly url: string | null;
}

const TITLE_LENGTH_MAX = 140;
const FACT_LENGTH_MAX = 1_000;
const NAMES_MAX = 10;

/** @param baseUrl - Of the page, of http or https; null: there is none. */
export function toAlertMessage(incident: Incident, baseUrl: string | null): AlertMessage {
  const { title, facts, command, path } = wordsOf(incident);
  return {
    key: incidentKey(incident),
    title: cut(title, TITLE_LENGTH_MAX),
    since: incident.since,
    facts: facts.flatMap(([label, text]) =>
      text === null || text === "" ? [] : [{ label, text: cut(text, FACT_LENGTH_MAX) }],
    ),
    command,
    url: baseUrl === null || path === null ? null : `${baseUrl.replace(/\/+$/, "")}/${path}`,
  };
}

interface Words {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, text: string | null])[];
  readonly command: string | null;
  readonly path: string | null;
}

function wordsOf(incident: Incident): Words {
  switch (incident.type) {
    case "run_failed":
      return failedWords(incident);
    case "deadline_missed":
      return missedWords(incident);
    case "dataset_stale":
      return staleWords(incident);
    case "dead_letter":
      return lostWords(incident);
  }
}

function failedWords(of: Extract<Incident, { type: "run_failed" }>): Words {
  const run = `run_${of.runId}`;
  return {
    title: `${shortName(of.pipeline)} failed (${run})`,
    facts: [
      ["Partition", partitionWords(of.partition)],
      ["Task", of.task],
      ["Error", of.error],
      ["Reason", of.reason],
    ],
    command: `millrace why ${run}`,
    path: `runs/${run}`,
  };
}

function missedWords(of: Extract<Incident, { type: "deadline_missed" }>): Words {
  const pipeline = shortName(of.pipeline);
  return {
    title: `${pipeline} missed the deadline of its trigger ${of.trigger}`,
    facts: [
      ["Partition", partitionWords(of.partition)],
      ["Missing", names(of.missing)],
    ],
    command: `millrace why ${pipeline}/${of.trigger}`,
    path: `pipelines/${pathOf(of.pipeline)}`,
  };
}

function staleWords(of: Extract<Incident, { type: "dataset_stale" }>): Words {
  const dataset = shortName(of.dataset);
  return {
    title: `${dataset} is stale`,
    facts: [
      ["Due", of.due],
      ["Last update", `update_${of.lastUpdate.id} at ${of.lastUpdate.at}`],
    ],
    command: `millrace why ${dataset}`,
    path: `datasets/${pathOf(of.dataset)}`,
  };
}

/** How the source of a dead letter begins that a subscriber did not take. */
const OUT = "out/";

function lostWords(of: Extract<Incident, { type: "dead_letter" }>): Words {
  return {
    title: `A message of ${of.source} could not be delivered`,
    facts: [
      ["Reason", of.reason],
      ["First", `dead letter ${of.id}; others of this hour are not told of`],
    ],
    command: of.source.startsWith(OUT)
      ? `millrace outs ${of.source.slice(OUT.length)}`
      : `millrace dead-letters ${of.id}`,
    path: null,
  };
}

function names(all: readonly string[]): string {
  const some = all.slice(0, NAMES_MAX).map(shortName).join(", ");
  return all.length > NAMES_MAX ? `${some} and ${all.length - NAMES_MAX} more` : some;
}

function pathOf(id: string): string {
  return id.split("/").map(encodeURIComponent).join("/");
}

/** Lines and control characters are of the channel, not of what an error says. */
function cut(text: string, lengthMax: number): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1).toWellFormed()}…`;
}
