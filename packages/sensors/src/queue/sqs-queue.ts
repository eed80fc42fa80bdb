import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { contextOfAttributes } from "../intake/message-context.ts";
import { accessOf } from "../source/aws-access.ts";
import type { S3EventSource } from "../source/object-source.ts";
import type { MessageHold, MessageQueue, QueueMessage } from "./message-queue.ts";

const MESSAGES_MAX = 10;
/** A poll that takes longer than it was asked to wait has lost its server. */
const GRACE_MS = 10_000;

/**
 * "The maximum allowed timeout value is 12 hours", from when a message was received; asking for
 * more fails.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
const VISIBILITY_MS_MAX = 43_200_000;

/** {@link MessageQueue} on Amazon SQS, by long polling. */
export class SqsQueue implements MessageQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #waitTimeSeconds: number;
  readonly #visibilityTimeoutSeconds: number;
  readonly hold: MessageHold;

  constructor(source: S3EventSource) {
    this.#queueUrl = source.queueUrl;
    this.#waitTimeSeconds = source.waitTimeSeconds;
    this.#visibilityTimeoutSeconds = source.visibilityTimeoutSeconds;
    const visibilityMs = source.visibilityTimeoutSeconds * 1_000;
    this.hold = {
      // Two may be lost before a third would be too late.
      everyMs: visibilityMs / 3,
      heldMsMax: VISIBILITY_MS_MAX - visibilityMs,
      extend: (messages, signal) => this.#extend(messages, signal),
    };
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
      VisibilityTimeout: this.#visibilityTimeoutSeconds,
      // Of ten at most, which the size of a message includes.
      MessageAttributeNames: ["All"],
    });
    const { Messages = [] } = await this.#client.send(command, { abortSignal: signal });
    return Messages.map(toMessage);
  }

  async remove(messages: readonly QueueMessage[]): Promise<readonly string[]> {
    const Entries = entriesOf(messages);
    const command = new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries });
    const { Failed = [] } = await this.#client.send(command);
    return Failed.map(reasonOf);
  }

  async #extend(
    messages: readonly QueueMessage[],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const VisibilityTimeout = this.#visibilityTimeoutSeconds;
    const Entries = entriesOf(messages).map((entry) => ({ ...entry, VisibilityTimeout }));
    const QueueUrl = this.#queueUrl;
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries });
    const { Failed = [] } = await this.#client.send(command, { abortSignal: signal });
    return Failed.map(reasonOf);
  }

  close(): void {
    this.#client.destroy();
  }
}

function toMessage({
  Body = "",
  MessageId,
  ReceiptHandle = "",
  MessageAttributes = {},
}: Message): QueueMessage {
  const attributes = Object.entries(MessageAttributes);
  const message = { body: Body, id: MessageId, receipt: ReceiptHandle };
  if (attributes.length === 0) return message;
  const texts = attributes.map(([name, value]) => [name, value.StringValue] as const);
  return { ...message, context: contextOfAttributes(texts) };
}

function entriesOf(messages: readonly QueueMessage[]): { Id: string; ReceiptHandle: string }[] {
  return messages.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));
}

function reasonOf({ Code, Message }: BatchResultErrorEntry): string {
  return `${Code ?? "unknown"} ${Message ?? ""}`.trim();
}

/** A queue's URL names its region; without this the SDK insists on being told. */
function regionOf(queueUrl: string): { readonly region?: string } {
  const region = /^(?:sqs\.)([a-z0-9-]+)\./.exec(new URL(queueUrl).hostname)?.[1];
  return region === undefined ? {} : { region };
}
