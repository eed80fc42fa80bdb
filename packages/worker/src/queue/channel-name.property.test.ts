import fc from "fast-check";
import { expect, test } from "vitest";
import { channelName } from "./channel-name.ts";

const part = fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[a/:%-]{0,4}$/));
const channel = fc.record({ queue: part, version: part });

test("two channels have one name only when they are one", () => {
  fc.assert(
    fc.property(channel, channel, (a, b) => {
      const isSame = a.queue === b.queue && a.version === b.version;
      expect(channelName(a) === channelName(b)).toBe(isSame);
    }),
    { numRuns: 5_000 },
  );
});

test("no name holds a colon, which BullMQ refuses", () => {
  fc.assert(
    fc.property(channel, (each) => {
      expect(channelName(each)).not.toContain(":");
    }),
  );
});
