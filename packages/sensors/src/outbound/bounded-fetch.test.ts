import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { allowedTargets } from "./allowed-targets.ts";
import { boundedFetch, fetchJson, type FetchOptions } from "./bounded-fetch.ts";
import type { Resolve } from "./guarded-lookup.ts";

const servers: Server[] = [];
const LOCAL = allowedTargets(["127.0.0.1"]);
const limits = { totalMs: 2_000, firstByteMs: 1_000 };
const options: FetchOptions = { allow: LOCAL, limits };

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function failureOf(url: string, given: FetchOptions = options) {
  const result = await fetchJson({ url }, given);
  return result.ok ? null : result.failure.type;
}

test("an answer comes with its body and where it came from", async () => {
  const url = await serve((_request, response) => response.end('{"state":"done"}'));
  expect(await fetchJson({ url }, options)).toEqual({ ok: true, value: { state: "done" } });
  expect(await boundedFetch({ url }, options)).toMatchObject({
    ok: true,
    value: { status: 200, url: `${url}/` },
  });
});

test("an endpoint that drips bytes ends with the total time", async () => {
  const url = await serve((_request, response) => {
    const drip = setInterval(() => response.write(" "), 5);
    response.once("close", () => clearInterval(drip));
  });
  const startedAt = performance.now();
  expect(await failureOf(url, { ...options, limits: { totalMs: 150 } })).toBe("timeout");
  expect(performance.now() - startedAt).toBeLessThan(1_500);
});

test("a server that says nothing ends with the time to the first byte", async () => {
  const url = await serve(() => undefined);
  const result = await fetchJson({ url }, { ...options, limits: { firstByteMs: 50 } });
  expect(result).toMatchObject({
    failure: { type: "timeout", message: expect.stringMatching(/no answer in 50ms$/) },
  });
});

test("a huge body is left off at its bound, and the connection with it", async () => {
  let sent = 0;
  const closed = Promise.withResolvers<void>();
  const url = await serve((_request, response) => {
    const chunk = Buffer.alloc(65_536, 32);
    const more = () => {
      while (sent < 1e9 && !response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return;
      }
    };
    response.on("drain", more).once("close", () => closed.resolve());
    more();
  });
  expect(await failureOf(url)).toBe("tooLarge");
  await closed.promise;
  expect(sent).toBeLessThan(50_000_000);
});

test("a redirect that never ends does", async () => {
  let asked = 0;
  const url = await serve((_request, response) => {
    asked += 1;
    response.writeHead(302, { location: `/${asked}` }).end();
  });
  expect(await failureOf(url)).toBe("tooManyRedirects");
  expect(asked).toBe(6);
});

test("credentials follow a redirect on one origin and no further", async () => {
  const seen: (string | undefined)[] = [];
  const other = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.end("{}");
  });
  const url = await serve((request, response) => {
    seen.push(request.headers.authorization);
    const location = request.url === "/" ? "/again" : other;
    response.writeHead(302, { location }).end();
  });
  await fetchJson({ url, headers: { authorization: "Bearer secret" } }, options);
  expect(seen).toEqual(["Bearer secret", "Bearer secret", undefined]);
});

test("a body is never carried to another host", async () => {
  const other = await serve((_request, response) => response.end("{}"));
  const url = await serve((_request, response) =>
    response.writeHead(307, { location: other }).end(),
  );
  const result = await fetchJson({ method: "POST", url, body: '{"password":"x"}' }, options);
  expect(result).toMatchObject({ ok: false, failure: { type: "refusedAddress" } });
});

test("a redirect into the network inside is refused", async () => {
  const url = await serve((_request, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end(),
  );
  expect(await failureOf(url)).toBe("refusedAddress");
});

describe("without permission", () => {
  test.each([
    "http://127.0.0.1:1",
    "http://0x7f000001:1",
    "http://2130706433:1",
    "http://127.1:1",
    "http://[::1]:1",
    "http://[::ffff:10.0.0.1]:1",
    "http://169.254.169.254/latest",
    "http://[fd00:ec2::254]/latest",
    "http://10.1.2.3",
    "http://0.0.0.0:1",
    "http://localhost:1",
    "gopher://example.com",
    "file:///etc/passwd",
    "http://user:secret@example.com",
  ])("%s is refused", async (url) => {
    expect(await failureOf(url, { limits })).toBe("refusedAddress");
  });

  test("a name that turns into an inner address after it was looked at is refused", async () => {
    const answers = ["93.184.215.14", "127.0.0.1"];
    const url = new URL(await serve((_request, response) => response.end("{}")));
    const resolve: Resolve = (_host, done) => {
      done(null, [{ address: answers.pop() ?? "", family: 4 }]);
    };
    const rebound = `http://rebound.example:${url.port}`;
    expect(await failureOf(rebound, { limits, resolve })).toBe("refusedAddress");
  });

  test("a name with one inner address among public ones is refused", async () => {
    const resolve: Resolve = (_host, done) => {
      done(null, [
        { address: "93.184.215.14", family: 4 },
        { address: "10.0.0.1", family: 4 },
      ]);
    };
    expect(await failureOf("http://mixed.example", { limits, resolve })).toBe("refusedAddress");
  });
});

test("a host on the list may resolve to an inner address", async () => {
  const url = new URL(await serve((_request, response) => response.end("{}")));
  const resolve: Resolve = (_host, done) => done(null, [{ address: "127.0.0.1", family: 4 }]);
  const given = { limits, resolve, allow: allowedTargets(["Airflow.internal"]) };
  expect(await failureOf(`http://airflow.internal:${url.port}`, given)).toBe(null);
});

test.each([
  ["nothing", ""],
  ["text", "<html>"],
  ["a cut document", '{"a":'],
  ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ["too deep a document", "[".repeat(65) + "]".repeat(65)],
])("%s is not JSON", async (_what, body) => {
  const url = await serve((_request, response) => response.end(body));
  expect(await failureOf(url)).toBe("notJson");
});

test("a status that is none of success says so, with the wait that it asks for", async () => {
  const url = await serve((_request, response) =>
    response.writeHead(429, { "retry-after": "7" }).end("secret inside"),
  );
  const result = await boundedFetch({ url }, options);
  expect(result).toMatchObject({ failure: { type: "status", status: 429, retryAfter: "7" } });
  expect(JSON.stringify(result)).not.toContain("secret");
});

test("of an answer that is none of success only the head is read, however much follows", async () => {
  let sent = 0;
  const url = await serve((_request, response) => {
    response.writeHead(503);
    const drip = setInterval(() => (sent += Number(response.write("x".repeat(10_000)))), 1);
    response.once("close", () => clearInterval(drip));
  });
  const given = { ...options, limits: { ...limits, bodyBytesMax: 100 } };
  expect(await failureOf(url, given)).toBe("status");
  expect(sent).toBeLessThan(100);
});

test("where only the status counts, nothing that is wrong with the body changes it", async () => {
  const huge = await serve((_request, response) => response.end("x".repeat(10_000)));
  const cut = await serve((_request, response) => {
    response.writeHead(200, { "content-length": "10" }).write("x", () => response.destroy());
  });
  const drips = await serve((_request, response) => {
    const drip = setInterval(() => response.write(" "), 5);
    response.once("close", () => clearInterval(drip));
  });
  const given = {
    allow: LOCAL,
    isBodyWanted: false,
    limits: { totalMs: 150, firstByteMs: 150, bodyBytesMax: 100 },
  };
  for (const url of [huge, cut, drips]) {
    expect(await boundedFetch({ url }, given)).toMatchObject({ ok: true, value: { status: 200 } });
    expect(await boundedFetch({ url }, { ...given, isBodyWanted: true })).toMatchObject({
      ok: false,
    });
  }
});

test.each([
  ["HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
  ["HTTP/1.1 101 Switching Protocols\r\n\r\n"],
  ["HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000)],
  ["HTTP/1.1 200 OK\r\n" + "x: y\r\n".repeat(10_000)],
  ["no HTTP at all\r\n\r\n"],
  [""],
])(
  "whatever a server answers, a call ends: %#",
  async (answer) => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined).once("data", () => socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const given = { ...options, limits: { totalMs: 300, firstByteMs: 200 } };
    const result = await boundedFetch({ url }, given);
    server.close();
    expect(result.ok).toBe(false);
  },
  10_000,
);

test("where nobody listens is unreachable", async () => {
  const url = await serve(() => undefined);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(await failureOf(url)).toBe("unreachable");
});

test("a signal gives up at once", async () => {
  const url = await serve(() => undefined);
  expect(await failureOf(url, { ...options, signal: AbortSignal.abort() })).toBe("unreachable");
});
