/** The examples of docs/examples, as a newcomer starts them: embedded, by `millrace run`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Ended, killAll, millrace, type Millrace, startMillrace } from "./millrace.ts";

const MINUTES = 60_000;
const root = path.join(import.meta.dirname, "../..");
let data: string;
beforeAll(async () => void (data = await mkdtemp(path.join(tmpdir(), "examples-"))));
afterEach(killAll);
afterAll(() => rm(data, { recursive: true, force: true }));

/** All in one directory, one after the other: the later ones start on a database that is there. */
const options = { cwd: root };
const fileOf = (name: string): string => `examples/tasks/src/${name}.ts`;
const begin = (args: readonly string[]): Millrace =>
  startMillrace([...args, "--data", data], options);
const run = (args: readonly string[]): Promise<Ended> =>
  millrace([...args, "--data", data], options);

test.each([
  ["parallel-extracts", ["extract-all"], 0, /joined \{"rows":1625,"makespanMs":\d+/],
  ["etl-to-report", ["etl"], 0, /reporting\.write run_\d+.*: harbour: 15\.60 €, station: 7\.20 €/],
  ["files", ["count-words"], 0, /counted \{"pages":\d+,"words":\d+,"longest":"docs\//],
  ["failure-alert", ["load-partner"], 10, /run_\d+ needs help: the partner did not answer/],
  [
    "support-desk",
    ["open-ticket", "--param", "patience=1s", "--param", "surveyAfter=1s"],
    0,
    /survey\.ask run_\d+.*: How did we do with run_\d+\?/,
  ],
])(
  "%s runs and says so",
  async (name, args, code, said) => {
    const ended = await run(["run", ...args, "-f", fileOf(name)]);
    expect(ended.stderr).toMatch(said);
    expect(ended.code).toBe(code);
  },
  3 * MINUTES,
);

test(
  "an event that only a handler waits for is published by hand, with its code and without",
  async () => {
    const publish = ["publish", "contract.signed", "--payload", '{"customer":"c1"}'];
    const first = begin(["run", "trial", "-f", fileOf("trial"), "--param", "customer=c1"]);
    await first.said(/wait waits for event contract\.signed until/);
    first.kill("SIGINT");
    const [id = ""] = (await first.ended).stdout.split("\n");
    // What never began made no attempt.
    expect((await run(["show", id])).stdout).toMatch(/alert +– skipped +open succeeded/);
    expect(await run(publish)).toMatchObject({ code: 0, stdout: expect.stringMatching(/event_/) });
    const wrong = await run([
      "publish",
      "contract.signed",
      "--payload",
      "{}",
      "-f",
      fileOf("trial"),
    ]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("customer") });
    const dev = begin(["dev", fileOf("trial")]);
    await dev.said(/the first bill/);
    dev.kill("SIGINT");
    await dev.ended;
  },
  3 * MINUTES,
);

test(
  "release waits for an answer, across processes, and goes on with it",
  async () => {
    const first = begin(["run", "release", "-f", fileOf("release")]);
    await first.said(/millrace approve run_\d+/);
    first.kill("SIGINT");
    const [id = ""] = (await first.ended).stdout.split("\n");
    // Nobody else waits for it: not while it waits for people, nor for its code.
    const other = ["run", "extract-all", "-f", fileOf("parallel-extracts")];
    expect(await run(other)).toMatchObject({ code: 0 });
    expect((await run(["approvals"])).stdout).toContain("Release 1.0.0? 3 suites passed");
    const answered = await run(["approve", id, "--comment", "go"]);
    expect(answered).toMatchObject({ code: 0, stdout: `${id}\n` });
    expect(await run(other)).toMatchObject({ code: 0 });
    const dev = begin(["dev", fileOf("release")]);
    await dev.said(/1\.0\.0 is in production/);
    dev.kill("SIGINT");
    await dev.ended;
  },
  3 * MINUTES,
);
