import { present } from "@millrace/core/internal";
import { askRuns, type AskRunsDeps } from "../check/ask-runs.ts";
import { askDagsterAssets } from "../check/dagster-asset.ts";
import type { Observation } from "../check/observation.ts";
import type { RunSystemName, RunTarget } from "../check/run-check.ts";
import { RunSystemClient, type SystemCredential } from "../check/run-system-client.ts";
import type { Connection } from "../connection/connection.ts";
import { asList } from "./as-list.ts";
import { type Asking, CALL_MS, cannotAsk, type Look, type Question } from "./asking.ts";
import { resolveRunAsk } from "./resolve-run-ask.ts";
import type { AssetAsk, RunAsk } from "./stored-check.ts";

/** GitHub's own; all other systems are somewhere else for everybody. */
const GITHUB_URL = "https://api.github.com";
const CLIENTS_MAX = 1_000;

/** Asks the systems whose runs can be waited for; keeps their logins from ask to ask. */
export class SystemAsker {
  readonly #clients = new Map<string, RunSystemClient>();

  /** One target's checks. */
  async askRuns(
    system: RunSystemName,
    questions: readonly Question<RunAsk>[],
    asking: Asking,
  ): Promise<readonly Look[]> {
    const name = present(questions[0]).ask.connection;
    const target = await this.#targetOf(system, name, asking);
    if (!target.ok) return questions.map(() => cannotAsk(target.problem, asking.now()));
    const resolved = questions.map(({ ask, waiter }) =>
      resolveRunAsk(system, ask, waiter, target.baseUrl),
    );
    const sound = resolved.flatMap((each) => (each.ok ? [each.check] : []));
    const found = await askRuns(sound, target.deps);
    let place = 0;
    return resolved.map((each, at): Look => {
      if (!each.ok) return { type: "failed", said: each.problem, url: null, at: asking.now() };
      const look = present(found[place++]);
      const { ask } = present(questions[at]);
      const timely = inTime(look, target.wasCut());
      return ask.isSeveral ? asList(timely) : timely;
    });
  }

  /** One target's assets. */
  async askAssets(
    questions: readonly Question<AssetAsk>[],
    asking: Asking,
  ): Promise<readonly Look[]> {
    const { connection } = present(questions[0]).ask;
    const target = await this.#targetOf("dagster", connection, asking);
    if (!target.ok) return questions.map(() => cannotAsk(target.problem, asking.now()));
    const checks = questions.map(({ ask: { asset, partition, sinceMs }, waiter }) => ({
      target: { system: "dagster" as const, baseUrl: target.baseUrl, connection },
      ...{ asset, partition },
      since: sinceMs === null ? null : waiter.since - sinceMs,
    }));
    const found = await askDagsterAssets(checks, target.deps);
    return found.map((look) => inTime(look, target.wasCut()));
  }

  async #targetOf(system: RunSystemName, name: string, asking: Asking): Promise<SystemAt> {
    const read = await asking.connection(name, system !== "github");
    if (!read.ok) return read;
    const baseUrl = read.connection.url ?? GITHUB_URL;
    const target = { system, baseUrl, connection: name };
    const client = this.#clientOf(target, read.connection, asking);
    let isCut = false;
    const deps: AskRunsDeps = {
      now: asking.now,
      ask: (request) => {
        if (!asking.isLate()) return client.ask(request);
        isCut = true;
        const failure = { type: "timeout", message: "there was no time left to ask" } as const;
        return Promise.resolve({ ok: false, failure });
      },
    };
    return { ok: true, baseUrl, deps, wasCut: () => isCut };
  }

  #clientOf(target: RunTarget, connection: Connection, { allow }: Asking): RunSystemClient {
    const credential = credentialOf(target, connection);
    const key = JSON.stringify([target, credential]);
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    // Tokens that change leave their clients behind.
    if (this.#clients.size >= CLIENTS_MAX) this.#clients.clear();
    const limits = { totalMs: CALL_MS, firstByteMs: CALL_MS };
    const client = new RunSystemClient(target, credential, { allow, limits });
    this.#clients.set(key, client);
    return client;
  }
}

type SystemAt =
  | { readonly ok: false; readonly problem: string }
  | {
      readonly ok: true;
      readonly baseUrl: string;
      readonly deps: AskRunsDeps;
      /** Whether a call was not made because there was no time left. */
      readonly wasCut: () => boolean;
    };

/** What could not be asked for want of time says nothing about the other side. */
function inTime(look: Observation, wasCut: boolean): Look {
  return wasCut && look.type === "unreachable" ? "notAsked" : look;
}

function credentialOf({ system }: RunTarget, { token, login }: Connection): SystemCredential {
  // The header of Dagster's cloud; a Dagster of one's own asks for nothing.
  if (token !== null && system === "dagster")
    return { type: "header", name: "dagster-cloud-api-token", value: token };
  if (token !== null) return { type: "bearer", token };
  if (login === null) return { type: "none" };
  return { type: system === "airflow-v2" ? "airflow-login" : "basic", ...login };
}
