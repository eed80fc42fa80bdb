import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "@millrace/core";
import { readRunNotes } from "@millrace/postgres";
import { airflow, file, http } from "@millrace/sensors";
import { decideCheck, OutsideAsker } from "@millrace/sensors/internal";
import {
  type Checker,
  type Clock,
  CHECKER_DEFAULTS,
  startChecker,
  systemClock,
} from "@millrace/worker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, openFleet } from "../worker/fleet.ts";

/** What the loop sleeps passes twenty times as fast. */
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) };

/** An endpoint that is ready at its third look, for who has the token. */
function openEndpoint(): Promise<Server> {
  let looks = 0;
  const server = createServer((request, response) => {
    if (request.headers.authorization !== "Bearer s3cret") {
      response.writeHead(401).end();
      return;
    }
    looks += 1;
    response.end(JSON.stringify({ state: looks % 3 === 0 ? "final" : "draft", looks }));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

describe.each(["embedded", "server"] as const)("sensors on the %s database", (kind) => {
  let fleet: Fleet;
  let checker: Checker;
  let server: Server;
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "millrace-sensor-"));
    server = await openEndpoint();
    const { port } = server.address() as AddressInfo;
    const environment = {
      MILLRACE_ALLOW_HOSTS: "127.0.0.1",
      MILLRACE_CONNECTION_PRICES: `http://127.0.0.1:${port}/api`,
      MILLRACE_CONNECTION_PRICES_TOKEN_FILE: "/run/token",
    };
    fleet = await openFleet(kind);
    const asker = new OutsideAsker({ environment, readFile: async () => "s3cret\n" });
    checker = startChecker(
      {
        checks: fleet.store,
        ...{ asker, decide: decideCheck, followUps: fleet, clock },
        observe: () => {},
      },
      { ...CHECKER_DEFAULTS, gapMs: 50 },
    );
    const prices = http({
      connection: "prices",
      url: "/today",
      until: { "/state": "final", "/looks": { gte: 3 } },
    });
    await fleet.register(
      pipeline("files", {}, ({ sensor, task }) => {
        const drop = sensor("drop", { check: file(path.join(directory, "drop")), every: "1s" });
        return task("size", { needs: { drop } }, ({ needs }) => needs.drop.bytes);
      }),
      pipeline("prices", {}, ({ sensor }) => sensor("s", { check: prices, every: "1s" })),
      pipeline("nowhere", {}, ({ sensor }) =>
        sensor("s", {
          check: airflow("other-team").run("load", { match: "latest", onUnreachable: "fail" }),
          every: "1s",
        }),
      ),
    );
    await fleet.worker(kind === "server" ? { leaseMs: 60_000 } : {});
  }, 60_000);
  afterAll(async () => {
    await checker.stop();
    await fleet.close();
    server.close();
    await rm(directory, { recursive: true });
  });

  test("a file is waited for, and what was seen last is shown meanwhile", async () => {
    const drop = path.join(directory, "drop");
    const runId = await fleet.start("files");
    await expect
      .poll(async () => (await readRunNotes(fleet.database.db, runId)).waits[0]?.words, {
        timeout: 20_000,
      })
      .toMatch(
        /^waits for file at the file system, looks next at [-\dTZ:.]+; seen last: missing: .*drop does not exist$/,
      );
    await writeFile(drop, "12345");
    expect(await fleet.ended(runId)).toMatchObject({ state: "succeeded", result: 5 });
  }, 30_000);

  test("an endpoint is waited for, with the token of its connection", async () => {
    const run = await fleet.ended(await fleet.start("prices"));
    expect(run).toMatchObject({
      state: "succeeded",
      result: { "/state": "final", "/looks": 3 },
    });
  }, 30_000);

  test("a connection that is not set is said by its variable", async () => {
    const run = await fleet.ended(await fleet.start("nowhere"));
    expect(run.state).toBe("failed");
    expect(JSON.stringify(run)).toContain(
      "the connection other-team is not set; set MILLRACE_CONNECTION_OTHER_TEAM or",
    );
  }, 30_000);
});
