import { connect } from "node:net";
import { type LocalRedis, startLocalRedis } from "../../../tools/local-redis.ts";

/** A Redis that can be taken away, hung up, emptied and brought back empty on the same port. */
export class ChaosRedis {
  readonly port: number;
  readonly #binary: string;
  #server: LocalRedis | null;
  #isHung = false;

  private constructor(binary: string, server: LocalRedis) {
    this.#binary = binary;
    this.#server = server;
    this.port = server.port;
  }

  static async start(binary: string): Promise<ChaosRedis> {
    return new ChaosRedis(binary, await startLocalRedis(binary));
  }

  get isWell(): boolean {
    return this.#server !== null && !this.#isHung;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.resume();
    await server?.stop();
  }

  async restart(): Promise<void> {
    this.#server ??= await startLocalRedis(this.#binary, this.port);
  }

  /** It is there and says nothing. */
  hang(): void {
    if (this.#server === null) return;
    process.kill(this.#server.pid, "SIGSTOP");
    this.#isHung = true;
  }

  resume(): void {
    if (this.#isHung && this.#server !== null) process.kill(this.#server.pid, "SIGCONT");
    this.#isHung = false;
  }

  async flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connect(this.port, "127.0.0.1", () => socket.end("FLUSHALL\r\n"));
    socket.on("data", () => socket.destroy());
    socket.on("error", () => {}); // An error is followed by "close".
    socket.once("close", () => resolve());
    await promise;
  }
}
