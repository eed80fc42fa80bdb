import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openListening } from "./redis-connection.ts";

let server: Server;
let url: string;

beforeEach(async () => {
  server = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `redis://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterEach(() => {
  server.close();
});

test("a connection that is told to connect after the end ends again", async () => {
  const connection = openListening(url, () => {});
  const made = connection.redis.duplicate();
  await expect.poll(() => made.status).toBe("connect");
  connection.end();
  await expect.poll(() => made.status).toBe("end");
  await expect(made.connect()).rejects.toThrow("closed");
  await expect.poll(() => made.status).toBe("end");
});

test("a connection that finds nobody after the end does not try again", async () => {
  const connection = openListening(url, () => {});
  const made = connection.redis.duplicate();
  await expect.poll(() => made.status).toBe("connect");
  connection.end();
  await expect.poll(() => made.status).toBe("end");
  await new Promise((resolve) => server.close(resolve));
  await expect(made.connect()).rejects.toThrow("closed");
  expect(made.status).toBe("end");
});

test("errors of what BullMQ makes from a connection are heard, too", async () => {
  const heard = Promise.withResolvers<unknown>();
  const connection = openListening(url, heard.resolve);
  const failure = new Error("reset");
  connection.redis.duplicate().emit("error", failure);
  expect(await heard.promise).toBe(failure);
  connection.end();
});
