import { shortName } from "../namespace/short-name.ts";
import type { AlertMessage } from "./alert-message.ts";
import type { Incident } from "./incident.ts";
import { HOUR_LENGTH, joinedKey } from "./joined-key.ts";

/** Of the incidents of one pipeline, and of one kind in a channel, that are told one by one an hour. */
export const PIPELINE_ALERTS_MAX = 10;
export const CHANNEL_ALERTS_MAX = 50;

/** So many of those whose keys begin with `prefix` are told in an hour; then `rest` is, once. */
export interface AlertQuota {
  readonly prefix: string;
  readonly max: number;
  readonly rest: AlertMessage;
}

const WORDS: Readonly<Record<Incident["type"], string>> = {
  run_failed: "runs failed",
  deadline_missed: "deadlines were missed",
  dataset_stale: "datasets are stale",
  dead_letter: "sources and receivers have dead letters",
};

/**
 * How many incidents like this one a channel is told of one by one. Ten thousand runs that fail in a
 * night would be as many messages, among which nobody finds the one that matters: the eleventh of a
 * pipeline, and the fifty-first of all, only says that there are more.
 */
export function alertQuotas(incident: Incident, baseUrl: string | null): readonly AlertQuota[] {
  const { type, since } = incident;
  const hour = since.slice(0, HOUR_LENGTH);
  const start = `${joinedKey(type)}:`;
  const channel = {
    prefix: start,
    max: CHANNEL_ALERTS_MAX,
    rest: restOf(`More ${WORDS[type]}`, {
      key: joinedKey("more", type, hour),
      since,
      max: CHANNEL_ALERTS_MAX,
    }),
  };
  if (type !== "run_failed" && type !== "deadline_missed") return [channel];
  const name = shortName(incident.pipeline);
  const prefix = `${joinedKey(type, incident.pipeline)}:`;
  const key = `${prefix}more:${hour}`;
  const rest = restOf(`More ${WORDS[type]} of ${name}`, { key, since, max: PIPELINE_ALERTS_MAX });
  const path = incident.pipeline.split("/").map(encodeURIComponent).join("/");
  return [
    {
      prefix,
      max: PIPELINE_ALERTS_MAX,
      rest: {
        ...rest,
        command: `millrace runs --pipeline ${name}`,
        url: baseUrl === null ? null : `${baseUrl.replace(/\/+$/, "")}/pipelines/${path}`,
      },
    },
    channel,
  ];
}

function restOf(
  title: string,
  { key, since, max }: { readonly key: string; readonly since: string; readonly max: number },
): AlertMessage {
  const text = `${max} were told one by one within an hour; the others of this hour are not`;
  return { key, title, since, facts: [{ label: "Note", text }], command: null, url: null };
}
