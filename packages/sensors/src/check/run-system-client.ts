import { isRecord, type JsonValue } from "@millrace/core/internal";
import { type FetchOptions, fetchJson, type FetchResult } from "../outbound/bounded-fetch.ts";
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
  readonly #baseUrl: string;
  readonly #credential: SystemCredential;
  readonly #options: FetchOptions;
  #token: string | null = null;

  constructor(target: RunTarget, credential: SystemCredential, options: FetchOptions) {
    this.#baseUrl = target.baseUrl;
    this.#credential = credential;
    this.#options = options;
  }

  /** For `askRuns`. */
  async ask(request: SystemRequest): Promise<FetchResult<JsonValue>> {
    const kept = this.#token;
    const login = await this.#headers();
    if (!login.ok) return login;
    const answer = await this.#send(request, login.value);
    if (!isRefused(answer) || kept === null || this.#credential.type !== "airflow-login")
      return answer;
    // The kept token has run out: once more with a new one.
    if (this.#token === kept) this.#token = null;
    const again = await this.#headers();
    return again.ok ? this.#send(request, again.value) : again;
  }

  #send({ method, path, body }: SystemRequest, headers: Headers): Promise<FetchResult<JsonValue>> {
    const url = `${this.#baseUrl}${path}`;
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
    if (!answer.ok) return answer;
    const token = isRecord(answer.value) ? answer.value["access_token"] : null;
    if (typeof token !== "string" || !/^[\x21-\x7e]{1,8192}$/.test(token))
      return { ok: false, failure: { type: "notJson", message: "the login gave no token" } };
    this.#token = token;
    return toHeaders(`Bearer ${token}`);
  }
}

/** GitHub refuses requests that do not say who they are from. */
const AGENT: Headers = { "user-agent": "millrace" };

function toHeaders(authorization: string | null): FetchResult<Headers> {
  return { ok: true, value: authorization === null ? AGENT : { ...AGENT, authorization } };
}

function isRefused(answer: FetchResult<JsonValue>): boolean {
  return !answer.ok && answer.failure.type === "status" && answer.failure.status === 401;
}
