import { z } from "zod";

/** One airport as an origin in one month. */
export const Departures = z.object({
  iata: z.string(),
  flights: z.number().int(),
  late: z.number().int(),
});

export const Traffic = z.object({
  flights: z.number().int(),
  /** Of all flights together; early ones count against it. */
  delayMinutes: z.number().int(),
  late: z.number().int(),
});

export const Birds = z.object({
  strikes: z.number().int(),
  costUsd: z.number(),
});

/** A month in numbers: sums, so that months can be added up. */
export const MonthSummary = z.object({
  month: z.string(),
  ...Traffic.shape,
  ...Birds.shape,
  airports: z.array(Departures),
});
export type MonthSummary = z.infer<typeof MonthSummary>;
