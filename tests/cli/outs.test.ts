import { openServer, openSubscribers, outboxStore, putOutNow } from "@millrace/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { type Ended, millrace } from "./millrace.ts";

let server: Awaited<ReturnType<typeof createDatabase>>;
beforeAll(async () => {
  server = await createDatabase();
  const database = openServer({ url: server.url, connectionsMax: 1 });
  await openSubscribers(database, ["webhook/crm"]);
  const message = { contentType: "application/json", headers: {}, body: { n: 1 } };
  await putOutNow(database, [
    { subscriber: "webhook/crm", key: "update_1", message },
    { subscriber: "webhook/crm", key: "update_2", message },
  ]);
  const store = outboxStore(database);
  const [first] = await store.takeDue(["webhook/crm"], 1, 60_000);
  if (first === undefined) throw new Error("there is nothing to take");
  await store.record(first, { type: "gone", reason: "it answered 410\n\u001b[31m" });
  await database.close();
});
afterAll(() => server.drop());

const run = (...args: readonly string[]): Promise<Ended> =>
  millrace([...args, "--database", server.url]);

test("people see what was given up and why, read it, and send it again", async () => {
  const listed = await run("outs");
  expect(listed.stdout).toMatch(/^webhook\/crm +closed +1 .+ 1 +it answered 410/m);
  const dead = await run("outs", "webhook/crm");
  const [id = ""] = /msg_\d+/.exec(dead.stdout) ?? [];
  expect(dead.stdout).toMatch(/^msg_\d+ +update_1 .+ 1 +it answered 410/m);
  const letters = await run("dead-letters");
  expect(letters.stdout).toMatch(/^\d+ +\S+ +out\/webhook\/crm +it answered 410/m);
  for (const { stdout } of [listed, dead, letters]) expect(stdout).not.toContain("\u001b");
  const [letter = ""] = /^\d+/m.exec(letters.stdout) ?? [];
  const printed = await run("dead-letters", letter);
  expect(JSON.parse(printed.stdout)).toMatchObject({ body: { n: 1 } });

  const nobody = await run("redrive", "webhook/erp");
  expect([nobody.code, nobody.stderr]).toEqual([3, expect.stringContaining("no subscriber")]);
  const again = await run("redrive", "webhook/crm", id, "--json", "--by", "ann");
  expect(JSON.parse(again.stdout)).toEqual({
    subscriber: "webhook/crm",
    messages: [id],
    reopened: true,
  });
  expect((await run("outs")).stdout).toMatch(/^webhook\/crm +open +2 /m);
  expect((await run("outs", "webhook/crm")).stderr).toContain("Nothing was given up");
}, 60_000);
