import { present } from "@millrace/core/internal";
import pg from "pg";
import { askFile, type FileCheck } from "../check/file-check.ts";
import { askHttp } from "../check/http-check.ts";
import type { Observation } from "../check/observation.ts";
import { askS3 } from "../check/s3-check.ts";
import { askSql, type SqlCheck } from "../check/sql-check.ts";
import { type Connection, urlWithLogin } from "../connection/connection.ts";
import { S3Lister } from "../listing/s3-lister.ts";
import { s3ListingSource } from "../source/object-source.ts";
import { authorizationOf, type Asking, CALL_MS, cannotAsk, type Look } from "./asking.ts";
import type { Question } from "./asking.ts";
import type { HttpAsk, S3Ask } from "./stored-check.ts";

/** Endpoints of one target that are asked at the same time. */
const AT_ONCE = 8;

/** Asks endpoints, each once for all who ask the same of it. */
export async function askEndpoints(
  questions: readonly Question<HttpAsk>[],
  asking: Asking,
): Promise<readonly Look[]> {
  const keys = questions.map(({ ask }) => JSON.stringify(ask));
  const asks = [...new Map(questions.map(({ ask }, at) => [keys[at], ask] as const))];
  const found = new Map<string | undefined, Look>();
  const turn = async (): Promise<void> => {
    for (let next = asks.shift(); next !== undefined; next = asks.shift()) {
      const [key, ask] = next;
      found.set(key, asking.isLate() ? "notAsked" : await askEndpoint(ask, asking));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
  return keys.map((key) => present(found.get(key)));
}

async function askEndpoint(ask: HttpAsk, { now, ...asking }: Asking): Promise<Look> {
  const { allow, signal } = asking;
  const limits = { totalMs: CALL_MS, firstByteMs: CALL_MS };
  if (ask.connection === null) return askHttp(ask, { allow, limits, signal }, now);
  const read = await asking.connection(ask.connection);
  if (!read.ok) return cannotAsk(read.problem, now());
  const headers = authorizationOf(read.connection);
  const url = `${read.connection.url}${ask.url}`;
  return askHttp({ ...ask, url }, { allow, limits, signal, headers }, now);
}

/** Asks a database for all checks of it over one connection, one after another. */
export async function askDatabase(
  questions: readonly Question<SqlCheck>[],
  asking: Asking,
): Promise<readonly Look[]> {
  const name = present(questions[0]).ask.connection;
  const read = await asking.connection(name);
  if (!read.ok) return questions.map(() => cannotAsk(read.problem, asking.now()));
  const { connection } = read;
  const looks: Look[] = [];
  let client: pg.Client | null = null;
  try {
    for (const { ask } of questions) {
      if (asking.isLate()) {
        looks.push("notAsked");
        continue;
      }
      const opened: pg.Client | string = client ?? (await openClient(connection));
      if (typeof opened === "string") {
        looks.push(cannotAsk(`${name}: ${opened}`, asking.now()));
        continue;
      }
      client = opened;
      const look = await askSql(ask, client, { statementMs: CALL_MS, now: asking.now });
      looks.push(look);
      // What happened to a connection that failed is not known.
      if (look.type !== "unreachable") continue;
      await closeClient(client);
      client = null;
    }
    return looks;
  } finally {
    if (client !== null) await closeClient(client);
  }
}

async function openClient(connection: Connection): Promise<pg.Client | string> {
  const parsed = urlWithLogin(connection);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol))
    return "its URL is none of postgres://; mend the variable of the connection";
  const client = new pg.Client({
    // A user beside it would be overruled by the one that it does not have.
    connectionString: parsed.href,
    connectionTimeoutMillis: CALL_MS,
    query_timeout: CALL_MS * 2,
    application_name: "millrace sensors",
  });
  // A connection that breaks between two queries tells of it here; the next query fails.
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await closeClient(client);
    return error instanceof Error ? error.message.slice(0, 300) : typeof error;
  }
}

async function closeClient(client: pg.Client): Promise<void> {
  await client.end().catch(() => {});
}

/** Asks one bucket for all checks of it. */
export async function askBucket(
  questions: readonly Question<S3Ask>[],
  asking: Asking,
): Promise<readonly Look[]> {
  const { connection: name, bucket } = present(questions[0]).ask;
  const read = name === null ? null : await asking.connection(name);
  if (read !== null && !read.ok) return questions.map(() => cannotAsk(read.problem, asking.now()));
  const lister = new S3Lister(sourceOf(bucket, read?.connection ?? null));
  try {
    const checks = questions.map(({ ask: { sinceMs, ...ask }, waiter }) => ({
      ...ask,
      connection: name ?? "",
      since: sinceMs === null ? null : waiter.since - sinceMs,
    }));
    return await askS3(checks, lister, { signal: asking.signal, now: asking.now });
  } finally {
    lister.close();
  }
}

function sourceOf(bucket: string, connection: Connection | null) {
  const base = { name: "sensors", bucket, every: "1m" };
  const url = URL.parse(connection?.url ?? "");
  if (connection === null || url === null) return s3ListingSource(base);
  const { login } = connection;
  const region = url.searchParams.get("region");
  url.search = "";
  return s3ListingSource({
    ...base,
    endpoint: url.href,
    // Servers other than Amazon's take any, but the SDK does not go without one.
    region: region ?? "us-east-1",
    ...(login !== null && {
      credentials: { accessKeyId: login.username, secretAccessKey: login.password },
    }),
  });
}

/** Looks at files, one after another. */
export async function askFiles(
  questions: readonly Question<FileCheck>[],
  asking: Asking,
): Promise<readonly Look[]> {
  const looks: Look[] = [];
  for (const { ask } of questions) {
    const look: Observation | null = asking.isLate() ? null : await askFile(ask, asking.now);
    looks.push(look ?? "notAsked");
  }
  return looks;
}
