import { raceAll } from "./race-all.ts";
import { GROUPS } from "./transactions.ts";

raceAll([...GROUPS.backfills, ...GROUPS.sessions]);
