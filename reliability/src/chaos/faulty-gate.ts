import { createConnection, createServer, type Server, type Socket } from "node:net";
import { FaultyPipe } from "./faulty-pipe.ts";

export interface GateTarget {
  readonly host: string;
  readonly port: number;
}

/** What a way to a server is like just now. */
export interface GateWeather {
  /** Nothing gets through, and nobody is told: what was sent arrives when it is over. */
  readonly isBlackHole: boolean;
  /** Connections are refused; those that were open are cut. */
  readonly isShut: boolean;
  /** Each packet is this much later. */
  readonly delayMs: number;
}

export const CALM: GateWeather = { isBlackHole: false, isShut: false, delayMs: 0 };

/** One process's way to one server: a loopback port on which its connections can be broken. */
export interface FaultyGate {
  readonly port: number;
  readonly weather: GateWeather;
  setWeather(weather: GateWeather): void;
  /** Cuts every connection. @returns How many there were. */
  cut(): number;
  /** Breaks the connection of the next commit: before the server sees it, or before its answer. */
  cutNextCommit(when: "before" | "after"): void;
  /** Connections that were cut at a commit. */
  commitsCut(): { readonly before: number; readonly after: number };
  close(): Promise<void>;
}

/** A commit as `pg` sends it: a simple query of its own. */
const COMMIT = /^Q[\s\S]{4}commit\0/i;

export async function openFaultyGate(target: GateTarget): Promise<FaultyGate> {
  const lines = new Set<Line>();
  const cuts = { before: 0, after: 0 };
  let weather = CALM;
  let nextCommit: "before" | "after" | null = null;
  const server = createServer((near) => {
    if (weather.isShut) {
      near.destroy();
      return;
    }
    const line = new Line(near, target, {
      weather: () => weather,
      onCommit: () => {
        const when = nextCommit;
        nextCommit = null;
        if (when !== null) cuts[when] += 1;
        return when;
      },
      onEnd: () => lines.delete(line),
    });
    lines.add(line);
  });
  const cut = (): number => {
    const count = lines.size;
    for (const line of lines) line.destroy();
    return count;
  };
  return {
    port: await listen(server),
    get weather() {
      return weather;
    },
    setWeather(next) {
      weather = next;
      if (weather.isShut) cut();
      else for (const line of lines) line.pump();
    },
    cut,
    cutNextCommit: (when) => void (nextCommit = when),
    commitsCut: () => ({ ...cuts }),
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface LineRules {
  readonly weather: () => GateWeather;
  /** Asked at each commit: whether and when to cut. */
  onCommit(): "before" | "after" | null;
  onEnd(): void;
}

/** One connection, both ways. */
class Line {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #there: FaultyPipe;
  readonly #back: FaultyPipe;

  constructor(near: Socket, target: GateTarget, rules: LineRules) {
    const far = createConnection({ ...target });
    this.#near = near;
    this.#far = far;
    this.#there = new FaultyPipe(far, rules.weather);
    this.#back = new FaultyPipe(near, rules.weather);
    let isCutAtAnswer = false;
    near.on("data", (data) => {
      const when = COMMIT.test(data.toString("latin1")) ? rules.onCommit() : null;
      if (when === "before") {
        this.destroy();
        return;
      }
      if (when === "after") isCutAtAnswer = true;
      this.#there.send(data);
    });
    // The answer says that the server is done with the commit.
    far.on("data", (data) => (isCutAtAnswer ? this.destroy() : this.#back.send(data)));
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", () => {}); // An error is followed by "close".
      socket.once("close", () => {
        this.destroy();
        rules.onEnd();
      });
    }
  }

  pump(): void {
    this.#there.pump();
    this.#back.pump();
  }

  destroy(): void {
    this.#near.destroy();
    this.#far.destroy();
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
