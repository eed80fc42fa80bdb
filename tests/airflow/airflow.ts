import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { JsonValue } from "@millrace/core/internal";
import { expect, vi } from "vitest";
import { freePort } from "../../tools/free-port.ts";
import { startLineProcess } from "../../tools/line-process.ts";
import { PYTHON_FOLDER, pythonOf } from "../../tools/python-environment.ts";
import { createEmptyDatabase } from "../harness/postgres.ts";

/** Needs escaping in a URL, and in what is not one. */
export const PASSWORD = "p@ss:wörd/%41";
/** Tokens of an Airflow 3 are good for so long. */
export const TOKEN_S = 20;

const DAGS = ["daily", "deferring", "resting", "several", "single"];
const READY_MS = 480_000;
const ANSWER_MS = 420_000;
const STOP_MS = 15_000;

/** What a task is told to do. */
export type Order = "succeed" | "fail" | "skip";

/** A run that waits to be told what to do. */
export interface OrderedRun {
  readonly id: string;
  /** Where a person looks at it. */
  readonly url: string;
  tell(task: string, order: Order): Promise<void>;
}

/** An Airflow with the DAGs of this folder, whose tasks do what they are told. */
export interface Airflow {
  readonly version: string;
  readonly url: string;
  /** Its URL with a user and a password in it. */
  urlOf(user: string): string;
  /** Starts a run; `logicalDate` when it has one. */
  run(dag: string, options?: { id?: string; logicalDate?: string }): Promise<OrderedRun>;
  /** Asks its API as a user who may do everything; `path` is below `/api/v2` or `/api/v1`. */
  call(method: string, path: string, body?: JsonValue): Promise<JsonValue>;
  /** A token of Airflow 3, for a user who may read. */
  token(): Promise<string>;
  stopApi(): Promise<void>;
  /** Its tokens are signed with another key than before. */
  startApi(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the Airflow of an environment that is installed. Takes about a minute. */
export async function startAirflow(name: "airflow" | "airflow-2"): Promise<Airflow> {
  await using open = new AsyncDisposableStack();
  const database = await createEmptyDatabase();
  open.defer(() => database.drop());
  const folder = await mkdtemp(path.join(tmpdir(), "airflow-orders-"));
  open.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const driver = startLineProcess({
    name,
    command: pythonOf(name),
    args: [path.join(import.meta.dirname, "serve_airflow.py")],
    environment: {
      PYTHONPATH: PYTHON_FOLDER,
      PEER_DATABASE_URL: database.url,
      AIRFLOW_TEST_PORT: String(port),
      AIRFLOW_TEST_PASSWORD: PASSWORD,
      AIRFLOW_TEST_TOKEN_S: String(TOKEN_S),
    },
  });
  open.defer(() => driver.stop(STOP_MS));
  // Whoever runs the tests is gone, in whatever way: nothing is left behind.
  process.once("disconnect", () => process.exit(1));
  const version = await driver.hear("starting", READY_MS, readVersion);
  const url = `http://127.0.0.1:${port}`;
  const api = new Api(url, name === "airflow" ? "v2" : "v1");
  const known = async (): Promise<void> => expect(await api.dags()).toEqual(DAGS);
  await vi.waitFor(known, { timeout: 240_000, interval: 500 });
  const command = async (text: string): Promise<void> => {
    driver.tell(JSON.stringify({ do: text }));
    await driver.hear(text, ANSWER_MS, readAnswer);
  };
  const opened = open.move();
  return {
    version,
    url,
    urlOf: (user) => `http://${user}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`,
    run: (dag, { id = `manual-${randomUUID()}`, logicalDate } = {}) =>
      startRun(api, folder, { dag, id, logicalDate }),
    call: (method, below, body) => api.call(method, below, body),
    token: () => api.token("viewer"),
    stopApi: () => command("stopApi"),
    startApi: () => command("startApi"),
    close: () => opened.disposeAsync(),
  };
}

async function startRun(
  api: Api,
  folder: string,
  asked: { dag: string; id: string; logicalDate: string | undefined },
): Promise<OrderedRun> {
  const { dag, id, logicalDate } = asked;
  const orders = path.join(folder, randomUUID());
  await mkdir(orders);
  await api.start(dag, { dag_run_id: id, conf: { orders } }, logicalDate);
  return {
    id,
    url: api.runUrl(dag, id),
    async tell(task, order) {
      // In one go: the task looks for it all the time.
      const draft = path.join(orders, `.${task}`);
      await writeFile(draft, order);
      await rename(draft, path.join(orders, task));
    },
  };
}

class Api {
  readonly #url: string;
  readonly #version: "v1" | "v2";

  constructor(url: string, version: "v1" | "v2") {
    this.#url = url;
    this.#version = version;
  }

  runUrl(dag: string, id: string): string {
    const run = encodeURIComponent(id);
    return this.#version === "v2"
      ? `${this.#url}/dags/${dag}/runs/${run}`
      : `${this.#url}/dags/${dag}/grid?dag_run_id=${run}`;
  }

  async start(dag: string, run: Record<string, JsonValue>, logicalDate?: string): Promise<void> {
    // Version 2 wants to be told that there is none; version 1 takes the present time then.
    const dated = this.#version === "v2" || logicalDate !== undefined;
    const body = { ...run, ...(dated && { logical_date: logicalDate ?? null }) };
    await this.call("POST", `/dags/${dag}/dagRuns`, body);
  }

  /** Those that it knows, in the order of their names. */
  async dags(): Promise<readonly string[]> {
    const { dags } = (await this.call("GET", "/dags")) as { dags: { dag_id: string }[] };
    return dags.map(({ dag_id }) => dag_id).toSorted();
  }

  async call(method: string, below: string, body?: JsonValue): Promise<JsonValue> {
    const authorization = await this.#authorization();
    const answer = await fetch(`${this.#url}/api/${this.#version}${below}`, {
      method,
      headers: { authorization, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${below} answered ${answer.status}: ${text}`);
    return text === "" ? null : (JSON.parse(text) as JsonValue);
  }

  async token(username: string): Promise<string> {
    const answer = await fetch(`${this.#url}/auth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, password: PASSWORD }),
    });
    if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  async #authorization(): Promise<string> {
    if (this.#version === "v2") return `Bearer ${await this.token("operator")}`;
    return `Basic ${Buffer.from(`operator:${PASSWORD}`).toString("base64")}`;
  }
}

function readVersion(line: string): string {
  const { ready, version } = JSON.parse(line) as { ready?: boolean; version?: string };
  if (ready !== true || version === undefined) throw new Error(`not ready: ${line}`);
  return version;
}

function readAnswer(line: string): void {
  const { error } = JSON.parse(line) as { error?: string };
  if (error !== undefined) throw new Error(error);
}
