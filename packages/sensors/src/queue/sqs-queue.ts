import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { accessOf } from "../source/aws-access.ts";
import type { S3EventSource } from "../source/object-source.ts";
import type { MessageQueue, QueueMessage } from "./message-queue.ts";

const MESSAGES_MAX = 10;
/** A poll that takes longer than it was asked to wait has lost its server. */
const GRACE_MS = 10_000;

/** {@link MessageQueue} on Amazon SQS, by long polling. */
export class SqsQueue implements MessageQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #waitTimeSeconds: number;

  constructor(source: S3EventSource) {
    this.#queueUrl = source.queueUrl;
    this.#waitTimeSeconds = source.waitTimeSeconds;
    const requestTimeout = source.waitTimeSeconds * 1_000 + GRACE_MS;
    this.#client = new SQSClient({
      ...regionOf(source.queueUrl),
      ...accessOf(source),
      requestHandler: { connectionTimeout: 5_000, requestTimeout, throwOnRequestTimeout: true },
    });
  }

  async receive(signal: AbortSignal): Promise<readonly QueueMessage[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: MESSAGES_MAX,
      WaitTimeSeconds: this.#waitTimeSeconds,
    });
    const { Messages = [] } = await this.#client.send(command, { abortSignal: signal });
    return Messages.map(({ Body = "", MessageId, ReceiptHandle = "" }) => ({
      body: Body,
      id: MessageId,
      receipt: ReceiptHandle,
    }));
  }

  async remove(messages: readonly QueueMessage[]): Promise<readonly string[]> {
    const Entries = messages.map(({ receipt }, index) => ({
      Id: String(index),
      ReceiptHandle: receipt,
    }));
    const command = new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries });
    const { Failed = [] } = await this.#client.send(command);
    return Failed.map(({ Code, Message }) => `${Code ?? "unknown"} ${Message ?? ""}`.trim());
  }

  close(): void {
    this.#client.destroy();
  }
}

/** A queue's URL names its region; without this the SDK insists on being told. */
function regionOf(queueUrl: string): { readonly region?: string } {
  const region = /^(?:sqs\.)([a-z0-9-]+)\./.exec(new URL(queueUrl).hostname)?.[1];
  return region === undefined ? {} : { region };
}
