import { appendFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { OutSend } from "../webhook/out-http.ts";

/** Appends what goes to `file:` to that file, an event on a line, and sends all else by `next`. */
export function withFiles(next: OutSend): OutSend {
  return async (request) => {
    if (!request.url.startsWith("file:")) return next(request);
    try {
      await appendFile(fileURLToPath(request.url), `${request.body}\n`, "utf8");
      return { type: "answered", status: 200, retryAfter: null, body: "" };
    } catch (error) {
      const reason = error instanceof Error ? error.message : "the file cannot be written";
      return { type: "unreachable", reason };
    }
  };
}
