import type { ObjectIntake } from "@millrace/sensors/internal";
import type { Client, Step } from "../../sim/plan.ts";
import { type Bucket, objectKey } from "../bucket.ts";
import type { SimSqs } from "../sim-sqs.ts";
import { insist } from "./asking.ts";
import { at, someTime, type StepKit } from "./step-kit.ts";

/** Somebody writes or removes an object; of the lake, the event may be lost. */
export function changeObject(kit: StepKit, bucket: Bucket): Step {
  const { draw } = kit;
  const key = objectKey(draw, bucket.name);
  const isRemoval = draw.happens(0.2);
  const isTold = bucket.name !== "lake" || !draw.happens(0.3);
  const what = isRemoval ? "remove" : isTold ? "write" : "write, untold,";
  return someTime(kit, `${what} s3://${bucket.name}/${key}`, async (client) => {
    if (isRemoval) bucket.remove(key, client.now());
    else bucket.write(key, client.now(), isTold);
    if (!isTold) client.count("objectUntold");
  });
}

/** A message that nobody can read. */
export function sendPoison(kit: StepKit, queue: SimSqs): Step {
  const mark = kit.ledger.nextMark();
  const body = kit.draw.pick([
    `not json, mark ${mark}`,
    `{"Records":"mark ${mark}"}`,
    `[{"mark":${mark}}]`,
  ]);
  return someTime(kit, `poison message #${mark}`, async (client) => {
    kit.ledger.poison.push(body);
    queue.send(body, client.now());
  });
}

const LOOKS_MAX = 200;

/** Nothing is judged before every message has been taken. */
export function drainQueue(kit: StepKit, queue: SimSqs): Step {
  return at(kit, kit.stormMs + 1_000, "wait for the queue to be empty", async (client) => {
    for (let look = 0; queue.waiting > 0 && look < LOOKS_MAX; look++) await client.sleep(1_000);
  });
}

/** What the bucket shows when it is listed, after all is quiet. */
export function listBucket(
  kit: StepKit,
  bucket: Bucket,
  toIntake: (client: Client, onProblem: () => void) => ObjectIntake,
): Step {
  return at(kit, kit.stormMs + 5_000, `list s3://${bucket.name}`, (client) =>
    insist(client, async () => {
      const intake = toIntake(client, () => {});
      const listedAt = client.now();
      const sightings = bucket.objects.flatMap(({ key, etag, at: writtenAt }) => {
        const known = { bucket: bucket.name, key, event: "listing", kind: "changed" } as const;
        const told = { sequencer: null, versionId: null, via: "listing", listedAt } as const;
        return etag === null ? [] : [{ ...known, ...told, etag, bytes: 7, at: writtenAt }];
      });
      try {
        await intake.record(sightings);
        kit.ledger.listedAt = listedAt;
        return true;
      } catch {
        return false;
      }
    }),
  );
}
