const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface StopSignals {
  /** Resolves at the first signal that asks this process to stop. */
  readonly first: Promise<void>;
  /** Resolves at the second: somebody does not want to wait. A third ends the process. */
  readonly second: Promise<void>;
  /** Gives the signals back to whoever had them. */
  release(): void;
}

/** Takes over SIGINT and SIGTERM, from now on. */
export function takeStopSignals(): StopSignals {
  const stages = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  let count = 0;
  const hear = (signal: NodeJS.Signals): void => {
    stages[count]?.resolve();
    count += 1;
    if (count > stages.length) process.exit(signal === "SIGINT" ? 130 : 143);
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    first: stages[0].promise,
    second: stages[1].promise,
    release() {
      for (const signal of SIGNALS) process.off(signal, hear);
    },
  };
}
