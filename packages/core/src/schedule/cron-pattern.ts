import { Cron } from "croner";
import { InvariantError } from "../lib/assert.ts";
import type { LocalTime } from "./zone.ts";

/** A cron expression over local times, of which there are no missing and no doubled ones. */
export interface CronPattern {
  /** Its hour field leaves no hour out: it means "as time goes by", not "at that time of day". */
  readonly isEveryHour: boolean;
  /** The first match strictly after `local`; null when there is none. */
  readonly next: (local: LocalTime) => LocalTime | null;
  /** The last match strictly before `local`; null when there is none. */
  readonly previous: (local: LocalTime) => LocalTime | null;
}

const LENGTH_MAX = 256;
/** Leap days and weekdays repeat every 28 years: what fires at all, fires soon after it. */
const NEVER_CHECKED_FROM = new Date("2026-01-01T00:00:00Z");
const EVERY_HOUR = /^(?:\*|\?|\*\/1|0-23|0-23\/1)$/;
const FORM = 'five fields such as "0 6 * * *" (minute, hour, day of month, month, day of week)';

/** Why `cron` cannot be used and how to mend it, as part of a sentence; null when it can. */
export function cronPatternProblem(cron: string): string | null {
  if (cron.length > LENGTH_MAX) {
    return `the cron expression has ${cron.length} characters, and ${LENGTH_MAX} at most are taken; split it into several triggers`;
  }
  const shown = `the cron expression ${JSON.stringify(cron)}`;
  if (cron.trim() === "") return `${shown} is empty; write ${FORM}`;
  if (/^\s*@reboot\s*$/i.test(cron)) {
    return `${shown} is not taken, because there is no one machine that starts; write ${FORM}`;
  }
  const fields = cron.trim().split(/ +/);
  const isNickname = fields.length === 1 && cron.trim().startsWith("@");
  if (fields.length !== 5 && !isNickname) {
    return `${shown} has ${fields.length} field${fields.length === 1 ? "" : "s"}; write ${FORM}, or one of @hourly, @daily, @weekly, @monthly and @yearly`;
  }
  const parsed = parse(cron);
  if (typeof parsed === "string") return `${shown} cannot be read (${parsed}); write ${FORM}`;
  if (parsed.nextRun(NEVER_CHECKED_FROM) === null) {
    return `${shown} never fires, because no year has that day; name a day that exists`;
  }
  return null;
}

/** @throws {InvariantError} When `cronPatternProblem` has something to say about `cron`. */
export function cronPattern(cron: string): CronPattern {
  const parsed = parse(cron);
  if (typeof parsed === "string") throw new InvariantError(parsed);
  const hourField = cron.trim().split(/ +/)[1] ?? (/@hourly/i.test(cron) ? "*" : "");
  return {
    isEveryHour: EVERY_HOUR.test(hourField),
    next: (local) => parsed.nextRun(new Date(local))?.getTime() ?? null,
    previous: (local) => parsed.previousRuns(1, new Date(local))[0]?.getTime() ?? null,
  };
}

/** With an offset instead of a zone, croner computes on the calendar alone, and ten times faster. */
function parse(cron: string): Cron | string {
  try {
    return new Cron(cron, { utcOffset: 0, mode: "5-part" });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/^CronPattern: /, "").replace(/\.$/, "");
  }
}
