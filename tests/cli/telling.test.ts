/** What a run does reaches a receiver over HTTP: the one that the guide shows. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { killAll, PROJECTS, startMillrace } from "./millrace.ts";

const RECEIVER = path.join(import.meta.dirname, "../../examples/tutorial/src/receiver.ts");
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;

let receiver: ChildProcess;
let url: string;
let said = "";
beforeAll(async () => {
  receiver = spawn(process.execPath, [RECEIVER], {
    env: { ...process.env, CRM_SECRET: SECRET, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  receiver.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const port = await new Promise<string>((resolve) => {
    receiver.stdout?.on("data", () => {
      const [, found] = /"port":(\d+)/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  url = `http://127.0.0.1:${port}`;
}, 30_000);
afterEach(killAll);
afterAll(async () => {
  const closed = once(receiver, "close");
  receiver.kill();
  await closed;
});

/** Runs it in a directory of its own: what one test did not deliver is not the next one's. */
async function runTake(env: Record<string, string>) {
  const data = await mkdtemp(path.join(tmpdir(), "outs-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const all = {
    RECEIVER_URL: url,
    CRM_SECRET: SECRET,
    PAGER_URL: `${url}/pager`,
    MILLRACE_ALLOW_HOSTS: "127.0.0.1",
    MILLRACE_URL: "https://flow.example.com",
  };
  const args = ["run", "take", "-f", path.join(PROJECTS, "telling")];
  return startMillrace([...args, "--data", data], { cwd: data, env: { ...all, ...env } }).ended;
}

/** What the receiver found to be authentic, since it was last looked at. */
function received(): readonly { readonly to: string; readonly body: Record<string, unknown> }[] {
  const lines = [...said.matchAll(/^msg_\d+ (\/\w+) (\{.*\})$/gm)];
  said = "";
  return lines.map(([, to = "", body = ""]) => ({
    to,
    body: JSON.parse(body) as Record<string, unknown>,
  }));
}

test("an embedded run tells its receivers before it ends, signed and in order", async () => {
  said = "";
  const ended = await runTake({});
  expect(ended.code).toBe(0);
  const messages = received();
  const types = messages.flatMap(({ to, body }) => (to === "/crm" ? [String(body["type"])] : []));
  // The first two are of one commit.
  expect([...types.slice(0, 2).toSorted(), ...types.slice(2)]).toEqual([
    "dev.millrace.dataset.updated.v1",
    "dev.millrace.pipeline.run.succeeded.v1",
    "dev.millrace.pipeline.run.failed.v1",
  ]);
  expect(messages.filter(({ to }) => to === "/pager")).toMatchObject([
    {
      body: {
        type: "millrace.alert",
        data: {
          title: "ops/ship failed (run_2)",
          command: "millrace why run_2",
          url: "https://flow.example.com/runs/run_2",
        },
      },
    },
  ]);
}, 120_000);

test("what is signed with another secret is refused, and the end says that it waits", async () => {
  said = "";
  const { code, stderr } = await runTake({ CRM_SECRET: OTHER });
  expect(code).toBe(0);
  expect(said).toContain("refused: /crm is not signed with CRM_SECRET");
  expect(received()).toEqual([]);
  expect(stderr).toMatch(/webhook\/crm: 3 messages wait \(it answered 401\); sent while/);
}, 120_000);
