import { createConnection, createServer, type Socket } from "node:net";

/** A way to a server that a test can shut: what an outage looks like from here. */
export interface TcpGate {
  readonly port: number;
  /** Cuts all connections and lets none through. */
  shut(): void;
  reopen(): void;
  close(): Promise<void>;
}

/** Forwards a free loopback port to `target`, as a host and a port. */
export async function openTcpGate(target: { host: string; port: number }): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let isShut = false;
  const server = createServer((near) => {
    if (isShut) {
      near.destroy();
      return;
    }
    const far = createConnection(target);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {}); // An error is followed by "close".
      socket.once("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return {
    port: address.port,
    shut() {
      isShut = true;
      cut();
    },
    reopen() {
      isShut = false;
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
