import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type FauxqsServer, type S3SpyEvent, type SpyMessage, startFauxqs } from "fauxqs";
import { s3EventJson } from "./s3-event-json.ts";

export interface S3ServerOptions {
  readonly buckets: readonly string[];
  readonly queues: readonly string[];
  /** Which buckets tell which queues of their objects. */
  readonly notify: readonly { readonly bucket: string; readonly queue: string }[];
  /** Where objects and messages are kept; unless told, in a directory that goes with the server. */
  readonly directory?: string;
  /** After how long a message that was received and not removed comes again; 30 unless told. */
  readonly visibilityTimeoutSeconds?: number;
}

export interface S3Server {
  readonly endpoint: string;
  /** For the AWS SDK's clients. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly forcePathStyle: true;
  };
  queueUrl(queue: string): string;
  /** Puts any text on a queue. */
  send(queue: string, body: string): void;
  /** How many messages a queue holds, also those that somebody has received and not removed. */
  countMessages(queue: string): number;
  /** While off, nobody is told of anything: as if the events were lost. */
  setNotify(on: boolean): void;
  stop(): Promise<void>;
}

/**
 * A local server that speaks S3 and SQS, whose buckets notify queues as Amazon's do: for each
 * write and removal, the documented message. For tests and demonstrations; it has no versions,
 * and tagging an object overwrites it.
 */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const { buckets, queues, notify, directory } = options;
  const dataDir = directory ?? (await mkdtemp(path.join(tmpdir(), "millrace-s3-")));
  const host = "127.0.0.1";
  const server = await startFauxqs({ port: 0, host, logger: false, messageSpies: true, dataDir });
  for (const bucket of buckets) server.createBucket(bucket);
  const attributes = { VisibilityTimeout: String(options.visibilityTimeoutSeconds ?? 30) };
  for (const queue of queues) {
    // Creating a queue that a former start left would empty it.
    if (server.inspectQueue(queue) === undefined) server.createQueue(queue, { attributes });
  }
  const objects = new ObjectTable(dataDir);
  let isOn = true;
  onObject(server, (event) => {
    if (!isOn) return;
    const body = objects.messageFor(event);
    for (const { bucket, queue } of notify) {
      if (bucket === event.bucket) server.sendMessage(queue, body);
    }
  });
  const endpoint = `http://${host}:${server.port}`;
  const credentials = { accessKeyId: "millrace", secretAccessKey: "millrace" };
  return {
    endpoint,
    clientConfig: { endpoint, region: "us-east-1", credentials, forcePathStyle: true },
    // The server's own URLs have a host that no resolver knows; it goes by the name of the queue.
    queueUrl: (queue) => `${endpoint}/000000000000/${queue}`,
    send: (queue, body) => void server.sendMessage(queue, body),
    countMessages: (queue) => countMessages(server, queue),
    setNotify: (on) => void (isOn = on),
    async stop() {
      objects.close();
      await server.stop();
      if (directory === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Calls `tell` inside the request that wrote or removed the object, so nothing comes between. */
function onObject(server: FauxqsServer, tell: (event: S3SpyEvent) => void): void {
  const hear = (message: SpyMessage): boolean => {
    const isNews = message.service === "s3" && /^(uploaded|deleted)$/.test(message.status);
    if (isNews) tell(message);
    // A match would end the wait, and the listening with it.
    return false;
  };
  server.spy.waitForMessage(hear).catch(() => {
    /* the server has stopped */
  });
}

/** Reads what the server has just stored; its events do not say what is in an object. */
class ObjectTable {
  readonly #database: DatabaseSync;
  readonly #content: StatementSync;
  #lastMicros = 0;

  constructor(dataDir: string) {
    this.#database = new DatabaseSync(path.join(dataDir, "fauxqs.db"), { readOnly: true });
    // Prepared once: it is asked for each object.
    this.#content = this.#database.prepare(
      "select etag, content_length from s3_objects where bucket = ? and key = ?",
    );
  }

  messageFor({ bucket, key, status, timestamp }: S3SpyEvent): string {
    const content = status === "deleted" ? null : this.#contentOf(bucket, key);
    const created = content?.etag.includes("-")
      ? "ObjectCreated:CompleteMultipartUpload"
      : "ObjectCreated:Put";
    const event = content === null ? "ObjectRemoved:Delete" : created;
    return s3EventJson({
      event,
      bucket,
      key,
      content,
      sequencer: this.#next(timestamp),
      at: timestamp,
    });
  }

  close(): void {
    this.#database.close();
  }

  /** Grows with each event, also across restarts, as long as the machine's clock does. */
  #next(timestamp: number): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, timestamp * 1_000);
    return this.#lastMicros.toString(16).toUpperCase().padStart(18, "0");
  }

  #contentOf(bucket: string, key: string): { readonly etag: string; readonly bytes: number } {
    const row = this.#content.get(bucket, key);
    const [etag, bytes] = [row?.["etag"], row?.["content_length"]];
    if (typeof etag !== "string" || typeof bytes !== "number")
      throw new Error(`The local S3 server has no row for ${bucket}/${key}.`);
    return { etag, bytes };
  }
}

function countMessages(server: FauxqsServer, queue: string): number {
  const messages = server.inspectQueue(queue)?.messages;
  if (messages === undefined) throw new Error(`The local S3 server has no queue ${queue}.`);
  return messages.ready.length + messages.delayed.length + messages.inflight.length;
}
