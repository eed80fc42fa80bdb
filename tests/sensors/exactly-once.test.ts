import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { createStore, openServer } from "@millrace/postgres";
import { s3EventSource, s3ListingSource } from "@millrace/sensors";
import { type S3Server, startS3Server } from "@millrace/testing/s3-server";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { pipelineSpec, taskSpec } from "../engine/specs.ts";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { LANDING, startConsumer } from "./landing.ts";

const SHARED_MEMORY = "/dev/shm";

let directory: string;
let server: S3Server;
let home: Database;
let database: ReturnType<typeof openServer>;

beforeEach(async () => {
  // The local server waits for its disk at each write; what is tested here is not the disk.
  const root = existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir();
  directory = await mkdtemp(path.join(root, "millrace-landing-"));
  const notify = [{ bucket: "lake", queue: "landing" }];
  server = await startS3Server({ buckets: ["lake"], queues: ["landing"], notify, directory });
  home = await createDatabase();
  database = openServer({ url: home.url, connectionsMax: 2 });
  const pipeline = pipelineSpec("land", [taskSpec("land")], {
    datasets: { "default/landing": LANDING },
  });
  await createStore(database).register({ name: "test", build: null, pipelines: [pipeline] });
});

afterEach(async () => {
  await server.stop();
  await database.close();
  await home.drop();
  await rm(directory, { recursive: true, force: true });
});

/** Writes objects as fast as the server takes them, a few at a time. */
async function putAll(keys: readonly string[]): Promise<void> {
  const rest = [...keys];
  // Of what this process does while it serves, `fetch` would be a third.
  const agent = new Agent({ keepAlive: true, maxSockets: PUTS_AT_ONCE });
  const putSome = async (): Promise<void> => {
    for (let key = rest.pop(); key !== undefined; key = rest.pop()) await put(key, agent);
  };
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, putSome));
  agent.destroy();
}

const PUTS_AT_ONCE = 8;

async function put(key: string, agent: Agent): Promise<void> {
  const url = `${server.endpoint}/lake/${key}`;
  const putting = request(url, { method: "PUT", agent });
  putting.end(key);
  const [answer] = (await once(putting, "response")) as [IncomingMessage];
  const said = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`PUT ${url}: ${answer.statusCode} ${said}`);
}

function keysFrom(first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `landing/${first + at}.csv`);
}

async function counts(): Promise<{ updates: number; objects: number; letters: number }> {
  const { rows } = await sql<{ updates: number; objects: number; letters: number }>`
    select count(*) as updates, count(distinct source_key) as objects,
      (select count(*) from millrace.dead_letter) as letters
    from millrace.update`.execute(database.db);
  const [row = { updates: 0, objects: 0, letters: 0 }] = rows;
  return row;
}

function eventOptions() {
  const { clientConfig } = server;
  const queueUrl = server.queueUrl("landing");
  return { ...clientConfig, name: "landing", queueUrl, visibilityTimeoutSeconds: 2 };
}

test("10,000 objects make 10,000 updates while their consumer is killed again and again", async () => {
  const count = 10_000;
  const script = path.join(import.meta.dirname, "consume-landing.ts");
  const execArgv = ["--conditions=@millrace/source"];
  // What the first has compiled, the others need not.
  const env = { ...process.env, NODE_COMPILE_CACHE: path.join(directory, "compiled") };
  const loaded = async (): Promise<ChildProcess> => {
    const child = fork(script, [JSON.stringify(eventOptions()), home.url], { execArgv, env });
    onTestFinished(() => kill(child));
    await once(child, "message");
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  // The next one is there already when one is killed, and loses no time over starting.
  let present: ChildProcess | null = null;
  let next = loaded();
  const startAnew = async (): Promise<void> => {
    const following = await next;
    if (present !== null) await kill(present);
    following.send("consume");
    present = following;
    next = loaded();
    // It is waited for when it is needed.
    next.catch(() => {});
  };
  let isPut = false;
  const putting = putAll(keysFrom(0, count)).then(() => (isPut = true));
  let kills = -1;
  let killedAt = 0;
  // A message that is gone was dealt with: whatever is lost then is lost for good, and shows below.
  while (!isPut || server.countMessages("landing") > 0) {
    const { updates } = await counts();
    const isDue = kills < 0 || (updates - killedAt >= 1_800 && updates < count - 500);
    // Asking without end would take the time from the server, which runs in this process.
    if (!isDue) {
      await pause(100);
      continue;
    }
    await startAnew();
    kills += 1;
    killedAt = updates;
  }
  await putting;
  expect(await counts()).toEqual({ updates: count, objects: count, letters: 0 });
  expect(kills).toBeGreaterThanOrEqual(4);
}, 300_000);

test("listings find what no event told, and repeat nothing of what one did", async () => {
  const events = startConsumer(s3EventSource(eventOptions()), home.url);
  onTestFinished(() => events.stop());
  const drained = async (): Promise<void> => {
    await expect.poll(() => server.countMessages("landing"), { timeout: 20_000 }).toBe(0);
  };

  await putAll(keysFrom(0, 700));
  await drained();
  server.setNotify(false);
  await putAll(keysFrom(700, 900));
  // Told of, and written anew when nobody was told: the same bytes are no news, others are.
  await putAll(keysFrom(0, 50));
  const listing = { ...server.clientConfig, name: "sweep", bucket: "lake", every: "1s" };
  const sweep = startConsumer(s3ListingSource({ ...listing, pagesMax: 1 }), home.url);
  onTestFinished(() => sweep.stop());
  await expect.poll(async () => (await counts()).objects, { timeout: 20_000 }).toBe(1_600);
  server.setNotify(true);
  await putAll(keysFrom(1_600, 400));
  await drained();

  // Two more listings of everything, each of two pages and so of two goes.
  const seen = sweep.running.health().received;
  const isSeenTwice = (): boolean => sweep.running.health().received >= seen + 3 * 2_000;
  await expect.poll(isSeenTwice, { timeout: 30_000 }).toBe(true);
  expect(await counts()).toEqual({ updates: 2_000, objects: 2_000, letters: 0 });
  expect(sweep.running.health()).toMatchObject({ state: "working", lastFailure: null });
  expect(sweep.running.health().recorded + events.running.health().recorded).toBe(2_000);
  expect([...events.problems, ...sweep.problems]).toEqual([]);
}, 120_000);
