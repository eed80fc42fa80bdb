import { OUTSIDE } from "./outside-transactions.ts";
import { raceEach } from "./race-all.ts";

// Not with every other: what these lock, few others touch.
raceEach(
  OUTSIDE.flatMap(({ own, others, everywhere = [] }) => [
    ...own.map((first) =>
      everywhere.includes(first)
        ? { first, seconds: own, stops: "all" as const }
        : { first, seconds: [...own, ...others] },
    ),
    ...others.map((first) => ({ first, seconds: own })),
  ]),
);
