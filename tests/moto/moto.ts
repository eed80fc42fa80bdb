import path from "node:path";
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { present } from "@millrace/core/internal";
import { freePort } from "../../tools/free-port.ts";
import { startLocalServer } from "../../tools/local-server.ts";
import { installPython, pythonOf } from "../../tools/python-environment.ts";
import type { AskedServer } from "../sensors/s3-source-cases.ts";

export interface Moto {
  /** The server emptied, with the bucket `lake`, which notifies the queue `landing`. */
  start(): Promise<AskedServer>;
  stop(): Promise<void>;
}

const BUCKET = "lake";
const credentials = { accessKeyId: "millrace", secretAccessKey: "millrace" };

/**
 * moto's server, which is not ours: its buckets notify its queues by themselves. What it holds is
 * thrown away at each start; a poll that somebody gave up still waits at a queue of before.
 */
export async function startMoto(): Promise<Moto> {
  await installPython("moto");
  const port = await freePort();
  const server = await startLocalServer({
    command: path.join(path.dirname(pythonOf("moto")), "moto_server"),
    args: ["-H", "127.0.0.1", "-p", String(port)],
    ready: "Running on",
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const config = { endpoint, region: "us-east-1", credentials, forcePathStyle: true } as const;
  const s3 = new S3Client(config);
  const sqs = new SQSClient(config);
  return {
    async start() {
      await fetch(`${endpoint}/moto-api/reset`, { method: "POST" });
      return prepared({ config, s3, sqs });
    },
    async stop() {
      s3.destroy();
      sqs.destroy();
      await server.stop("SIGTERM");
    },
  };
}

interface Clients {
  readonly config: AskedServer["clientConfig"];
  readonly s3: S3Client;
  readonly sqs: SQSClient;
}

async function prepared({ config, s3, sqs }: Clients): Promise<AskedServer> {
  const queueUrl = (queue: string): string => `${config.endpoint}/123456789012/${queue}`;
  const Attributes = { VisibilityTimeout: "1" };
  await sqs.send(new CreateQueueCommand({ QueueName: "landing", Attributes }));
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const attributesOf = async (queue: string): Promise<Partial<Record<string, string>>> => {
    const QueueUrl = queueUrl(queue);
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
    return present((await sqs.send(asked)).Attributes);
  };
  const QueueArn = (await attributesOf("landing"))["QueueArn"];
  const setNotify = async (on: boolean): Promise<void> => {
    const Events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"] as const;
    const QueueConfigurations = on ? [{ QueueArn, Events: [...Events] }] : [];
    const NotificationConfiguration = { QueueConfigurations };
    const command = { Bucket: BUCKET, NotificationConfiguration };
    await s3.send(new PutBucketNotificationConfigurationCommand(command));
  };
  await setNotify(true);
  return {
    clientConfig: config,
    queueUrl,
    setNotify,
    async send(queue, MessageBody) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(queue), MessageBody }));
    },
    async countMessages(queue) {
      const found = await attributesOf(queue);
      return COUNTS.reduce((sum, name) => sum + Number(found[name]), 0);
    },
    stop: () => Promise.resolve(),
  };
}

const COUNTS = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesDelayed",
  "ApproximateNumberOfMessagesNotVisible",
];
