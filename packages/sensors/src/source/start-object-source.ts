import { ObjectIntake, type ObjectSourceDeps } from "../intake/object-intake.ts";
import { S3Lister } from "../listing/s3-lister.ts";
import { sweepBucket } from "../listing/sweep-bucket.ts";
import { S3Reader } from "../manifest/s3-reader.ts";
import { pollQueue } from "../queue/poll-queue.ts";
import { RedisListQueue } from "../queue/redis-list-queue.ts";
import { SqsQueue } from "../queue/sqs-queue.ts";
import type { ObjectSource } from "./object-source.ts";
import { realPace } from "./pause.ts";
import type { RunningSource } from "./running-source.ts";

/**
 * Runs a source until it is stopped. Whatever goes wrong is reported and tried again; nothing
 * ends it. Any number of processes may run the same source.
 */
export function startObjectSource(source: ObjectSource, deps: ObjectSourceDeps): RunningSource {
  const reader = source.type === "s3-redis-events" ? null : new S3Reader(source);
  const intake = new ObjectIntake(source.name, deps, reader);
  const running = startReading(source, intake);
  return {
    health: () => running.health(),
    async stop() {
      await running.stop();
      reader?.close();
    },
  };
}

function startReading(source: ObjectSource, intake: ObjectIntake): RunningSource {
  switch (source.type) {
    case "s3-events": {
      const queue = new SqsQueue(source);
      return closing(pollQueue(queue, intake, realPace), queue);
    }
    case "s3-redis-events": {
      const queue = new RedisListQueue(source);
      return closing(pollQueue(queue, intake, realPace), queue);
    }
    case "s3-listing": {
      const lister = new S3Lister(source);
      return closing(sweepBucket(source, lister, intake, realPace), lister);
    }
  }
}

function closing(running: RunningSource, client: { close(): void | Promise<void> }): RunningSource {
  return {
    health: () => running.health(),
    async stop() {
      await running.stop();
      await client.close();
    },
  };
}
