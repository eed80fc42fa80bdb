import { createConnection, createServer, type Socket } from "node:net";

/** A proxy in front of Postgres that breaks a connection at its commit. */
export interface CommitCutter {
  readonly url: string;
  /** The next commit: cut before the server sees it, or after it did and before the answer. */
  cutNext(when: "before" | "after"): void;
  /** How many connections it has cut. */
  readonly cuts: () => number;
  close(): Promise<void>;
}

export async function startCommitCutter(serverUrl: string): Promise<CommitCutter> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let next: "before" | "after" | null = null;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = createConnection(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    let silent = false;
    client.on("data", (data) => {
      const isCommit = next !== null && /\bcommit\b/i.test(data.toString("latin1"));
      if (isCommit && next === "before") {
        cut();
        return;
      }
      if (isCommit) silent = true;
      upstream.write(data);
    });
    // The answer says that the server is done with the commit.
    upstream.on("data", (data) => (silent ? cut() : client.write(data)));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());

    function cut(): void {
      next = null;
      cuts += 1;
      client.destroy();
      upstream.destroy();
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = new URL(serverUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.toString(),
    cutNext: (when) => (next = when),
    cuts: () => cuts,
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
