/** What an operator reads of a source whose service goes away and comes back. */
import { afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { describeWithRedis, freshPrefix, redisUrl } from "../harness/redis.ts";
import { openTcpGate } from "../harness/tcp-gate.ts";
import { killAll, millrace, startMillrace } from "./millrace.ts";

describeWithRedis("a scheduler", () => {
  let database: Database;
  beforeAll(async () => {
    database = await createDatabase();
    return () => database.drop();
  });
  afterEach(killAll);

  test("says in one line each that a source fails, and that it works again", async () => {
    const { hostname, port } = new URL(redisUrl());
    const gate = await openTcpGate({ host: hostname, port: Number(port) });
    onTestFinished(() => gate.close());
    const through = new URL(redisUrl());
    through.host = `127.0.0.1:${gate.port}`;
    const env = {
      MILLRACE_DATABASE_URL: database.url,
      LAKE_REDIS_URL: through.href,
      LAKE_KEY: freshPrefix(),
    };
    expect(await millrace(["migrate"], { env })).toMatchObject({ code: 0 });
    gate.shut();
    const scheduler = startMillrace(["scheduler", "listening", "--project", "l"], { env });
    await scheduler.said(/source lake-events fails, and is tried again: \S/);
    gate.reopen();
    await scheduler.said(/source lake-events works again/);
    scheduler.kill("SIGTERM");
    const { code, stderr } = await scheduler.ended;
    expect(code).toBe(0);
    expect(stderr.match(/lake-events (fails, and|works again)/g)).toHaveLength(2);
  }, 60_000);
});
