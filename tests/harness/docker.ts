import { GenericContainer, Wait } from "testcontainers";

export interface ContainerServer {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface ContainerOptions {
  readonly image: string;
  readonly port: number;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What its log says once it takes connections, and how often by then. */
  readonly ready: { readonly text: string; readonly times: number };
}

/** Starts a container on a free port of this machine. */
export async function startContainer(options: ContainerOptions): Promise<ContainerServer> {
  const container = await new GenericContainer(options.image)
    .withExposedPorts(options.port)
    .withEnvironment({ ...options.env })
    .withCommand([...options.command])
    .withWaitStrategy(Wait.forLogMessage(options.ready.text, options.ready.times))
    .start();
  return {
    host: container.getHost(),
    port: container.getMappedPort(options.port),
    async stop() {
      await container.stop();
    },
  };
}
