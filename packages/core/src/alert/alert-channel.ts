import { machineNameProblem } from "../check/names.ts";

/**
 * Where people of a namespace are told of failed runs, missed deadlines, stale datasets and dead
 * letters. Data only; addresses and secrets are names of environment variables, each of which may
 * also be set as `<NAME>_FILE`.
 */
export type AlertChannel =
  | { readonly type: "slack"; readonly name: string; readonly url: string }
  | {
      readonly type: "webhook";
      readonly name: string;
      readonly url: string;
      readonly secrets: readonly string[];
    }
  | {
      readonly type: "mail";
      readonly name: string;
      /** `smtp://user:password@host:587` or `smtps://…`. */
      readonly server: string;
      readonly from: string;
      /** Addresses, separated by commas. */
      readonly to: string;
    };

const CHANNELS_MAX = 20;

/** What is wrong with the alerts of a namespace, as ends of sentences. */
export function alertProblems(channels: readonly AlertChannel[]): readonly string[] {
  const problems = channels.flatMap(channelProblems);
  const names = channels.map(({ name }) => name);
  const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  for (const name of twice) {
    problems.push(
      `it has two alert channels ${name}; give one another name, as in { name: "oncall" }`,
    );
  }
  if (channels.length > CHANNELS_MAX) {
    problems.push(`it has ${channels.length} alert channels; declare at most ${CHANNELS_MAX}`);
  }
  return problems;
}

function channelProblems(channel: AlertChannel): string[] {
  const where = `its alert channel ${channel.name}`;
  const name = machineNameProblem(channel.name);
  return [
    ...(name === null ? [] : [`${where}: ${name}`]),
    ...variablesOf(channel)
      .map(variableProblem)
      .flatMap((problem) => (problem === null ? [] : [`${where}: ${problem}`])),
  ];
}

function variablesOf(channel: AlertChannel): readonly string[] {
  switch (channel.type) {
    case "slack":
      return [channel.url];
    case "webhook":
      return [channel.url, ...channel.secrets];
    case "mail":
      return [channel.server, channel.from, channel.to];
  }
}

/** Why a text is no name of an environment variable; never repeats what may be a secret itself. */
export function variableProblem(name: string): string | null {
  if (/^[A-Z_][A-Z0-9_]{0,127}$/.test(name)) return null;
  return 'it takes names of environment variables such as "SLACK_URL", never what they hold';
}
