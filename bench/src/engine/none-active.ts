import { setTimeout as sleep } from "node:timers/promises";
import type { BenchDatabase } from "../bench-server.ts";

/** Resolves within some 20 ms after the last run has ended. */
export async function untilNoneActive(database: BenchDatabase): Promise<void> {
  for (let open = 1; open > 0;) {
    await sleep(20);
    const [found] = await database.rows<{ open: number }>(
      "select count(*)::int as open from millrace.run_active",
    );
    open = found?.open ?? 0;
  }
}
