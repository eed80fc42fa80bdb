import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import type { PreparedCase } from "../harness.ts";
import { startPeer } from "./peer-process.ts";
import type { Peer } from "./peers.ts";
import type { Question } from "./questions.ts";

/** Puts Millrace and a peer on one Postgres server and one Redis, each in a database of its own. */
export async function prepareBeside(
  peer: Peer,
  question: Question,
  quick: boolean,
): Promise<PreparedCase> {
  await peer.install();
  return onServer((server) => prepare(server, peer, question, quick));
}

async function prepare(
  server: BenchServer,
  peer: Peer,
  question: Question,
  quick: boolean,
): Promise<PreparedCase> {
  await using open = new AsyncDisposableStack();
  const redis = await startBenchRedis();
  open.defer(() => redis.stop());
  const environment = {
    PEER_DATABASE_URL: await server.emptyDatabase("peer"),
    PEER_REDIS_URL: redis.url,
  };
  const driver = await startPeer({ ...peer, environment });
  open.defer(() => driver.stop());
  const { close, ...asked } = await question.open({
    ...{ peer, quick, redisUrl: redis.url },
    database: await server.database("ours"),
    ask: (command) => driver.ask(command),
  });
  open.defer(close);
  const { name, version, notes } = driver.about;
  const opened = open.move();
  const { roundsMax } = peer;
  return {
    ...asked,
    ...(roundsMax === undefined ? {} : { rounds: Math.min(asked.rounds, roundsMax), warmUps: 1 }),
    notes: () => [`${name} ${version}: ${notes.join("; ")}`],
    close: () => opened.disposeAsync(),
  };
}
