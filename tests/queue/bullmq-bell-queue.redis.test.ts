import { queueContract } from "@millrace/testing";
import { BullmqBellQueue } from "@millrace/worker";
import { describeWithRedis, freshPrefix, redisUrl } from "../harness/redis.ts";
import { openTcpGate } from "../harness/tcp-gate.ts";

describeWithRedis("BullmqBellQueue", () => {
  queueContract("BullMQ on Redis", {
    create: async () => {
      const url = new URL(redisUrl());
      const gate = await openTcpGate({ host: url.hostname, port: Number(url.port || 6379) });
      url.host = `127.0.0.1:${gate.port}`;
      const prefix = freshPrefix();
      return {
        gate,
        open: () => new BullmqBellQueue({ url: url.toString(), prefix }),
        destroy: () => gate.close(),
      };
    },
    loseService: async ({ gate }) => gate.shut(),
  });
});
