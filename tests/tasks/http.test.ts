import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { http } from "@millrace/tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { taskContext } from "./task-context.ts";

const asked: {
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  body: string;
}[] = [];
let busyLeft = 0;
const server = createServer((request, response) => void answer(request, response));
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const url = request.url ?? "";
  asked.push({ url, headers: request.headers, body });
  if (url.startsWith("/echo")) response.end(JSON.stringify({ method: request.method, body }));
  else if (url === "/text") response.end("no json");
  else if (url === "/empty") response.writeHead(204).end();
  else if (url === "/large") response.end("x".repeat(100_000));
  else if (url === "/gone") response.writeHead(404).end("not here ".repeat(1_000));
  else if (url === "/failing") response.writeHead(500).end("broken");
  else if (url === "/busy" && busyLeft > 0) {
    busyLeft -= 1;
    response.writeHead(429, { "retry-after": "0" }).end("later");
  } else if (url === "/busy") response.end('"done"');
  else if (url === "/half") response.writeHead(200).write("[1,");
  // Others are never answered.
}

test("asks, and reads JSON; an empty answer is null", async () => {
  const context = taskContext();
  expect(await http(context, `${base}/echo?token=secret`)).toEqual({ method: "GET", body: "" });
  expect(await http(context, `${base}/empty`)).toBe(null);
  expect(context.lines).toEqual([`GET ${base}/echo 200`, `GET ${base}/empty 204`]);
});

test("sends JSON, with a key that is the task's for what changes something", async () => {
  const context = taskContext("run_7.pay.3");
  expect(await http(context, `${base}/echo`, { json: { a: 1 } })).toEqual({
    method: "POST",
    body: '{"a":1}',
  });
  expect(asked.at(-1)?.headers).toMatchObject({
    "idempotency-key": "run_7.pay.3",
    "content-type": "application/json",
  });
  await http(context, `${base}/echo`, { method: "PUT", headers: { "Idempotency-Key": "mine" } });
  expect(asked.at(-1)?.headers["idempotency-key"]).toBe("mine");
  await http(context, `${base}/echo`);
  expect(asked.at(-1)?.headers["idempotency-key"]).toBe(undefined);
});

test("reads text, bytes, or the whole answer", async () => {
  const context = taskContext();
  expect(await http(context, `${base}/text`, { parse: "text" })).toBe("no json");
  const bytes = await http(context, `${base}/text`, { parse: "bytes" });
  expect(Buffer.from(bytes).toString()).toBe("no json");
  const whole = await http(context, `${base}/text`, { parse: "response" });
  expect(whole).toMatchObject({ status: 200, body: "no json" });
  await expect(http(context, `${base}/text`)).rejects.toThrow("is no JSON");
});

test("fails with the status and the beginning of the body", async () => {
  const gone = http(taskContext(), `${base}/gone`);
  await expect(gone).rejects.toMatchObject({ name: "HttpRefused", status: 404 });
  const error = await gone.catch((thrown: unknown) => thrown);
  expect(error).toHaveProperty("body", "not here ".repeat(1_000).slice(0, 1_024));
  expect(Reflect.get(error as object, Symbol.for("millrace.not-retryable"))).toBe(true);
  const failing = http(taskContext(), `${base}/failing`);
  await expect(failing).rejects.toMatchObject({ name: "HttpError", status: 500, body: "broken" });
});

test("asks again for the answers that were named, as often as was said", async () => {
  const context = taskContext();
  busyLeft = 2;
  expect(await http(context, `${base}/busy`, { retryOn: [429] })).toBe("done");
  expect(context.lines.map((line) => line.slice(-3))).toEqual(["429", "429", "200"]);
  busyLeft = 2;
  const refused = http(taskContext(), `${base}/busy`, { retryOn: [429], retries: 1 });
  await expect(refused).rejects.toMatchObject({ status: 429, name: "HttpError" });
});

test("bounds what it reads", async () => {
  const large = http(taskContext(), `${base}/large`, { parse: "text", bytesMax: 1_000 });
  await expect(large).rejects.toThrow("larger than 1000 bytes; raise bytesMax");
});

test.each(["/never", "/half"])(
  "gives up after its timeout, and at once when aborted: %s",
  async (at) => {
    const late = http(taskContext(), base + at, { timeout: "100ms" });
    await expect(late).rejects.toThrow("no answer within 100ms");
    const context = taskContext();
    const before = asked.length;
    const running = http(context, base + at);
    await expect.poll(() => asked.length).toBe(before + 1);
    context.abort(new Error("cancelled"));
    await expect(running).rejects.toThrow("cancelled");
  },
);

test("says why a server could not be reached", async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => void gone.listen(0, "127.0.0.1", resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => void gone.close(resolve));
  const unreachable = http(taskContext(), `http://127.0.0.1:${port}/x`);
  await expect(unreachable).rejects.toThrow("ECONNREFUSED");
});
