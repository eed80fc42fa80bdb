import { isRecord, type JsonValue } from "@millrace/core/internal";
import { type FetchOptions, fetchJson, type FetchResult } from "../outbound/bounded-fetch.ts";
import { connectionVariable } from "../connection/connection.ts";
import { refusalMend } from "./refusal-mend.ts";
import type { RunTarget } from "./run-check.ts";
import type { SystemRequest } from "./run-system.ts";

/** How a system knows who asks. Kept apart from checks, which are stored. */
export type SystemCredential =
  | { readonly type: "none" }
  | { readonly type: "bearer"; readonly token: string }
  | { readonly type: "basic"; readonly username: string; readonly password: string }
  /** Such as `dagster-cloud-api-token`. */
  | { readonly type: "header"; readonly name: string; readonly value: string }
  /** Airflow 3: a token for a name and a password, renewed when it has run out. */
  | { readonly type: "airflow-login"; readonly username: string; readonly password: string };

type Headers = Readonly<Record<string, string>>;

/** Asks one target; it keeps the token of an Airflow. */
export class RunSystemClient {
  readonly #target: RunTarget;
  readonly #credential: SystemCredential;
  readonly #options: FetchOptions;
  #token: string | null = null;

  constructor(target: RunTarget, credential: SystemCredential, options: FetchOptions) {
    this.#target = target;
    this.#credential = credential;
    this.#options = options;
  }

  /** For `askRuns`. A refusal says which variable to mend. */
  async ask(request: SystemRequest): Promise<FetchResult<JsonValue>> {
    const answer = await this.#ask(request);
    if (answer.ok || answer.failure.type !== "status") return answer;
    const { failure } = answer;
    const mend = refusalMend(failure.status, this.#target, this.#credential.type);
    if (mend === null) return answer;
    return { ok: false, failure: { ...failure, message: `${failure.message}; ${mend}` } };
  }

  async #ask(request: SystemRequest): Promise<FetchResult<JsonValue>> {
    const kept = this.#token;
    const login = await this.#headers();
    if (!login.ok) return login;
    const answer = await this.#send(request, login.value);
    if (!isRefused(answer) || kept === null || this.#credential.type !== "airflow-login")
      return answer;
    // The kept token has run out, or is signed by a key of before: once more with a new one.
    if (this.#token === kept) this.#token = null;
    const again = await this.#headers();
    return again.ok ? this.#send(request, again.value) : again;
  }

  #send({ method, path, body }: SystemRequest, headers: Headers): Promise<FetchResult<JsonValue>> {
    const url = `${this.#target.baseUrl}${path}`;
    if (body === null) return fetchJson({ method, url, headers }, this.#options);
    // A JSON system's body is declared as text, and is sent as it is.
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const typed = { "content-type": "application/json", ...headers };
    return fetchJson({ method, url, headers: typed, body: text }, this.#options);
  }

  async #headers(): Promise<FetchResult<Headers>> {
    const credential = this.#credential;
    switch (credential.type) {
      case "none":
        return toHeaders(null);
      case "bearer":
        return toHeaders(`Bearer ${credential.token}`);
      case "basic": {
        const pair = Buffer.from(`${credential.username}:${credential.password}`);
        return toHeaders(`Basic ${pair.toString("base64")}`);
      }
      case "header":
        return { ok: true, value: { ...AGENT, [credential.name.toLowerCase()]: credential.value } };
      case "airflow-login":
        return this.#login(credential.username, credential.password);
    }
  }

  /**
   * @see https://airflow.apache.org/docs/apache-airflow/stable/security/api.html
   * `POST /auth/token` with `username` and `password` answers with `access_token`.
   */
  async #login(username: string, password: string): Promise<FetchResult<Headers>> {
    if (this.#token !== null) return toHeaders(`Bearer ${this.#token}`);
    const body = { username, password };
    const answer = await this.#send({ method: "POST", path: "/auth/token", body }, AGENT);
    if (!answer.ok) return isMissing(answer) ? this.#noLogin() : answer;
    const token = isRecord(answer.value) ? answer.value["access_token"] : null;
    if (typeof token !== "string" || !/^[\x21-\x7e]{1,8192}$/.test(token))
      return { ok: false, failure: { type: "notJson", message: "the login gave no token" } };
    this.#token = token;
    return toHeaders(`Bearer ${token}`);
  }

  /** A 404 of the login says nothing about what was asked for. */
  #noLogin(): FetchResult<never> {
    const { baseUrl, connection } = this.#target;
    const where = connection === null ? "its URL" : connectionVariable(connection);
    const message = `${baseUrl} has no /auth/token, as Airflow 3 has; mend ${where}, or ask an Airflow 2 with { api: "v1" }`;
    return { ok: false, failure: { type: "unreachable", message } };
  }
}

/** GitHub refuses requests that do not say who they are from. */
const AGENT: Headers = { "user-agent": "millrace" };

function toHeaders(authorization: string | null): FetchResult<Headers> {
  return { ok: true, value: authorization === null ? AGENT : { ...AGENT, authorization } };
}

/** Airflow 3 answers 401 to a token that has run out, and 403 to one that it did not sign. */
function isRefused(answer: FetchResult<JsonValue>): boolean {
  return hasStatus(answer, 401) || hasStatus(answer, 403);
}

function isMissing(answer: FetchResult<JsonValue>): boolean {
  return hasStatus(answer, 404);
}

function hasStatus(answer: FetchResult<JsonValue>, status: number): boolean {
  return !answer.ok && answer.failure.type === "status" && answer.failure.status === status;
}
