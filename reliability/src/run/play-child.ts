import { closeSimulator, play } from "../sim/index.ts";
import { planFor } from "../story/plan-for.ts";
import { cutPlan, wholeOf } from "./cut.ts";
import type { PlayedSeed, PlayRequest } from "./played-seed.ts";

const HEARTBEAT_MS = 1_000;
const hungUp = (): void => {};

/** A process that plays one seed after the other, as its parent asks. */
process.on("message", (request: PlayRequest) => {
  void answer(request).then(
    (played) => process.send?.(played),
    (error: unknown) => {
      process.stderr.write(
        `seed ${request.seed}: ${String(error instanceof Error ? error.stack : error)}\n`,
      );
      process.exit(1);
    },
  );
});
setInterval(() => {
  const { user, system } = process.cpuUsage();
  // Its parent may hang up at this very moment.
  if (process.connected) process.send?.({ cpuMs: (user + system) / 1_000 }, hungUp);
}, HEARTBEAT_MS);
process.on("disconnect", () => {
  void closeSimulator().finally(() => process.exit(0));
});

async function answer({ seed, cut, keepTrace }: PlayRequest): Promise<PlayedSeed> {
  const whole = planFor(seed);
  const plan = cut === null ? whole : cutPlan(whole, cut);
  const played = await play(plan, { keepTrace });
  return {
    ...played,
    cut: cut ?? wholeOf(whole),
    labels: [
      ...plan.steps.map(({ atMs, label }) => `${atMs} ms: ${label}`),
      ...plan.faults.map(({ atMs, kind, process: of = "", forMs = "" }) =>
        `${atMs} ms: ${kind} ${of} ${forMs}`.trimEnd(),
      ),
    ],
  };
}
