import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { OutAnswer, OutRequest } from "../webhook/out-http.ts";
import { mailAlert } from "./mail-alert.ts";
import { withMail } from "./mail-send.ts";
import { isTlsNeeded, smtpTransport } from "./smtp-transport.ts";

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server that speaks as much SMTP as a mail takes, and keeps what it is told. */
async function listen(greet: (socket: Socket) => void): Promise<{ url: string; got: string[] }> {
  const got: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    let isData = false;
    socket.on("error", () => undefined).setEncoding("utf8");
    socket.on("data", (text: string) => {
      got.push(text);
      for (const line of text.split("\r\n").filter((each) => each !== "")) {
        if (isData && line !== ".") continue;
        isData = line === "DATA";
        socket.write(isData ? "354 go on\r\n" : "250 ok\r\n");
      }
    });
    greet(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

const alert = {
  key: "run_failed:a:1",
  title: "etl\r\nBcc: evil@example.com failed",
  since: "2026-11-21T02:00:00.000Z",
  facts: [{ label: "Error", text: ".\r\nQUIT" }],
  command: null,
  url: null,
};

function requestTo(url: string, timeoutMs = 5_000): OutRequest {
  const envelope = { from: "a@example.com", to: ["b@example.com"] };
  const { at, ...mail } = mailAlert(alert, envelope, new Date("2026-11-21T02:00:05Z"));
  const body = JSON.stringify({ ...mail, at: at.toISOString() });
  return { method: "POST", url, headers: {}, body, timeoutMs };
}

const nobody = (): Promise<OutAnswer> => Promise.reject(new Error("it is no request of HTTP"));
const send = withMail(nobody, smtpTransport);

test("a mail is handed to its server, and nothing in it is a header or a command", async () => {
  const { url, got } = await listen((socket) => socket.write("220 hello\r\n"));
  expect(await send(requestTo(url))).toMatchObject({ type: "answered", status: 250 });
  const [head = "", body = ""] = got.join("").split("DATA\r\n")[1]?.split("\r\n\r\n") ?? [];
  expect(got.join("").match(/^RCPT TO/gm), "one recipient").toHaveLength(1);
  expect(head).not.toMatch(/^bcc:/im);
  expect(head.replaceAll(/\r\n\s/g, " ")).toMatch(/^Subject: \[millrace\] etl/m);
  expect(head).toContain("Auto-Submitted: auto-generated");
  expect(body, "a line that is a full stop is none").not.toMatch(/^\.$/m);
});

test("a server that drips its answers holds a mail no longer than its time", async () => {
  const { url } = await listen((socket) => {
    const drip = setInterval(() => socket.write("2"), 20);
    socket.once("close", () => clearInterval(drip));
  });
  const startedAt = performance.now();
  expect(await send(requestTo(url, 200))).toEqual({
    type: "unreachable",
    reason: "the server did not take it in 200ms",
  });
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});

test("a server that refuses a mail is a failure that says so", async () => {
  const { url } = await listen((socket) => socket.end("554 no\r\n"));
  expect(await send(requestTo(url))).toMatchObject({ type: "unreachable" });
});

test("what goes to no mail server is no mail", async () => {
  const answer = { type: "answered", status: 204, retryAfter: null, body: "" } as const;
  const other = withMail(() => Promise.resolve(answer), smtpTransport);
  expect(await other(requestTo("https://example.com/"))).toEqual(answer);
});

test.each([
  ["smtp://me:secret@mx.example.com:587", true],
  ["smtps://me:secret@mx.example.com", true],
  ["smtp://me:secret@10.0.0.1", true],
  ["smtp://me:secret@127.evil.example", true],
  ["smtp://mx.example.com", false],
  ["smtp://me:secret@localhost:25", false],
  ["smtp://me:secret@127.0.0.1", false],
  ["smtp://me:secret@[::1]", false],
])("to %s a connection must be encrypted: %s", (server, needed) => {
  expect(isTlsNeeded(server)).toBe(needed);
});
