import { expect, test } from "vitest";
import { type PeerProgram, startPeer } from "./peer-process.ts";
import { parseAnswer, parseReady } from "./peer-protocol.ts";

const READY = { ready: true, name: "toy", version: "1.2.3", notes: ["a toy"], does: ["chain"] };
const CHAIN = { do: "chain", length: 10 } as const;

test("a driver says what it is when it is ready", () => {
  const { ready, ...about } = READY;
  expect(parseReady(JSON.stringify(READY))).toEqual(about);
  expect(ready).toBe(true);
  expect(() => parseReady('{"name":"toy"}')).toThrow("not ready");
  expect(() => parseReady("hello")).toThrow("not JSON: hello");
});

test("an answer is one number, in the unit of its command", () => {
  expect(parseAnswer(CHAIN, '{"ms":12.5}')).toBe(12.5);
  expect(parseAnswer({ do: "memory" }, '{"rssMb":80}')).toBe(80);
});

test("an answer that measures nothing is an error", () => {
  expect(() => parseAnswer(CHAIN, '{"error":"no such table"}')).toThrow("no such table");
  expect(() => parseAnswer(CHAIN, '{"rssMb":80}')).toThrow("no answer");
  expect(() => parseAnswer(CHAIN, '{"ms":-1}')).toThrow("no answer");
  expect(() => parseAnswer(CHAIN, "null")).toThrow("no object");
});

test("a peer answers one command after the other, and ends when it is told", async () => {
  const peer = await startPeer(toy(`answer({ ms: said.length ?? 1 })`));
  expect(peer.about.version).toBe("1.2.3");
  expect(await peer.ask(CHAIN)).toBe(10);
  expect(await peer.ask({ do: "latency" })).toBe(1);
  await peer.stop();
});

test("a peer that dies is named, with what it was asked and its last words", async () => {
  const peer = await startPeer(toy(`console.error("out of luck"); process.exit(3)`));
  await expect(peer.ask(CHAIN)).rejects.toThrow(
    'peer toy, {"do":"chain","length":10}: it ended with code 3\n  out of luck',
  );
  await peer.stop();
});

test("a peer that hangs is named, and ended", async () => {
  const peer = await startPeer({ ...toy(`process.stdin.pause()`), answerMs: 50 });
  await expect(peer.ask({ do: "latency" })).rejects.toThrow("no word for 0.05 s");
  await peer.stop();
});

test("a peer that does not come up is named", async () => {
  const nowhere = { name: "toy", command: "no-such-program", args: [], environment: {} };
  await expect(startPeer(nowhere)).rejects.toThrow("peer toy, starting: it did not start");
  const mute = toy("", "throw new Error('no driver')");
  await expect(startPeer(mute)).rejects.toThrow("no driver");
});

/** A driver that does this with every command, which is `said`. */
function toy(reply: string, first = `answer(${JSON.stringify(READY)})`): PeerProgram {
  const script = `
    const answer = (told) => console.log(JSON.stringify(told));
    ${first};
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const said = JSON.parse(line);
      if (said.do === "stop") process.exit(0);
      ${reply};
    });`;
  return { name: "toy", command: process.execPath, args: ["-e", script], environment: {} };
}
