/** A receiver of webhooks: it says what is authentic, and runs until Ctrl-C. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";

const KEY = Buffer.from((process.env["CRM_SECRET"] ?? "").replace(/^whsec_/, ""), "base64");
const MINUTES_5 = 300;

function isAuthentic(headers: IncomingHttpHeaders, body: Buffer): boolean {
  const [id = "", at = "", signatures = ""] = ["id", "timestamp", "signature"].map((name) =>
    String(headers[`webhook-${name}`] ?? ""),
  );
  // What was signed long ago may be somebody's copy of an old message.
  if (!(Math.abs(Date.now() / 1_000 - Number(at)) < MINUTES_5)) return false;
  const expected = createHmac("sha256", KEY).update(`${id}.${at}.`).update(body).digest();
  return signatures.split(" ").some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const known = new Set<string>();
const server = createServer((request, response) => {
  void buffer(request).then((body) => {
    if (!isAuthentic(request.headers, body)) {
      console.log(`refused: ${request.url} is not signed with CRM_SECRET`);
      return response.writeHead(401).end();
    }
    const id = String(request.headers["webhook-id"]);
    // Each comes at least once: a real receiver keeps the ids in its database.
    if (!known.has(id)) console.log(`${id} ${request.url} ${body.toString()}`);
    known.add(id);
    return response.writeHead(204).end();
  });
});
server.listen(Number(process.env["PORT"] ?? 9000), "127.0.0.1", () => {
  console.log(`listening on ${JSON.stringify(server.address())}`);
});
