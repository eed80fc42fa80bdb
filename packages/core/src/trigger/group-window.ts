import { present } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";
import type { DeadlineSpec, LegSpec } from "../spec/trigger-spec.ts";
import { isSatisfied } from "./compile-condition.ts";
import { nextDailyTime } from "./daily-time.ts";
import type {
  Evaluation,
  Expire,
  Fire,
  GroupRules,
  GroupState,
  PendingDelivery,
  Step,
} from "./evaluate.ts";

/** A delivery in the round under way. */
interface Entry<P> {
  readonly delivery: P;
  readonly at: Instant;
  /** Legs that it still counts for; without any, it has expired. */
  readonly legs: Set<number>;
}

/** Something that time alone brings about. */
interface Happening {
  readonly at: Instant;
  readonly what: "batch" | "deadline" | "reset" | "age";
}

/**
 * The fold of the evaluator: one group, one round after another. A round begins with the first
 * delivery after a fire, and ends with the next fire, or when all that it had has expired.
 */
export class GroupWindow<P extends PendingDelivery> {
  readonly #rules: GroupRules;
  readonly #steps: Step<P>[] = [];
  /** Of complete legs: the members that do not exist yet. */
  readonly #lacking = new Map<number, Set<string>>();
  #round: Entry<P>[] = [];
  /** Everything before it in the round has expired. */
  #first = 0;
  /** By leg: how many entries of the round count for it, and the first place where one may. */
  #counts: number[];
  #heads: number[];
  #satisfiedAt: Instant | null = null;
  #clock: Instant = Number.NEGATIVE_INFINITY;
  #owed: ReadonlySet<number>;
  #owedUntil: Instant | null;
  #alertedAt: number | null = null;
  #seen: number;
  readonly #state: GroupState;

  constructor(rules: GroupRules, state: GroupState) {
    this.#rules = rules;
    this.#state = state;
    this.#seen = state.seen;
    this.#owed = new Set(state.owed);
    this.#owedUntil = state.owedUntil;
    const { legs } = rules.condition;
    this.#counts = legs.map(() => 0);
    this.#heads = legs.map(() => 0);
    legs.forEach((_, leg) => {
      const required = rules.required(leg);
      if (required === null) return;
      const known = rules.known(leg);
      this.#lacking.set(leg, new Set([...required].filter((member) => !known.has(member))));
    });
  }

  /**
   * Takes up a round where it was left. What was decided is not decided again: it may have been
   * decided by deliveries that are gone by now.
   */
  resume(seen: readonly P[]): void {
    const { decidedAt, satisfiedAt } = this.#state;
    if (seen.length === 0 || decidedAt === null) return;
    const { legs } = this.#rules.condition;
    for (const delivery of seen) {
      const young = delivery.legs.filter((leg) => {
        const spec = legs[leg];
        return spec === undefined || delivery.at + this.#limit(spec) >= decidedAt;
      });
      this.#add({ delivery, at: delivery.at, legs: new Set(young) });
    }
    this.#clock = decidedAt;
    this.#satisfiedAt = satisfiedAt;
    this.#alertedAt = this.#state.alertedAt;
  }

  /** The next delivery by position. What time brought about before it comes first. */
  arrive(delivery: P, factAt: Instant): void {
    this.#seen = delivery.position;
    const at = Math.max(this.#clock, factAt);
    this.#advance(at);
    this.#clock = at;
    if (this.#isLate(delivery, at)) return this.#comeLate(delivery, at);
    this.#add({ delivery, at, legs: new Set(delivery.legs) });
    if (!this.#judge(at)) return;
    const { batch } = this.#rules.policy;
    if (batch === undefined) this.#fire("satisfied", "delivery", at);
    else if (this.#alive().length >= (batch.max ?? Infinity)) {
      this.#fire("batch_full", "delivery", at);
    }
  }

  /** What is left when nothing more comes until `now`. */
  rest(now: Instant): Evaluation<P> {
    this.#advance(now);
    const pending = this.#alive();
    const has = this.#has();
    const legs = this.#rules.condition.legs.map((_, leg) => leg);
    return {
      steps: this.#steps,
      state: {
        owed: [...this.#owed],
        owedUntil: this.#owedUntil,
        alertedAt: this.#alertedAt,
        seen: this.#seen,
        decidedAt: this.#clock === Number.NEGATIVE_INFINITY ? null : this.#clock,
        satisfiedAt: this.#satisfiedAt,
      },
      waiting:
        pending.length === 0
          ? null
          : {
              pending: pending.map(({ delivery }) => delivery),
              for: this.#satisfiedAt === null ? "legs" : "batch",
              has: legs.filter((leg) => has.has(leg)),
              missing: legs.filter((leg) => !has.has(leg)),
              since: present(pending[0]).at,
            },
      timerAt: this.#next()?.at ?? null,
    };
  }

  /** Everything that has not grown too old, in one run. */
  takeAll(pending: readonly P[], now: Instant): Evaluation<P> {
    const { legs } = this.#rules.condition;
    const isYoung = (delivery: P): boolean =>
      delivery.legs.some((leg) => now - delivery.at <= (legs[leg]?.maxAgeMs ?? Infinity));
    const consumed = pending.filter(isYoung);
    const expired = pending.filter((delivery) => !isYoung(delivery));
    if (expired.length > 0) {
      this.#steps.push({ type: "expire", expired, cause: "max_age", at: now });
    }
    const last = consumed.at(-1);
    if (last !== undefined) {
      const rest = { by: "delivery", cause: "satisfied", missing: [] } as const;
      this.#steps.push({ type: "fire", consumed, at: Math.min(last.at, now), ...rest });
    }
    return this.rest(now);
  }

  #add(entry: Entry<P>): void {
    this.#round.push(entry);
    for (const leg of entry.legs) {
      this.#counts[leg] = (this.#counts[leg] ?? 0) + 1;
      this.#lacking.get(leg)?.delete(entry.delivery.member);
    }
  }

  #has(): Set<number> {
    const legs = [...this.#counts.keys()];
    return new Set(
      legs.filter(
        (leg) => (this.#counts[leg] ?? 0) > 0 && (this.#lacking.get(leg)?.size ?? 0) === 0,
      ),
    );
  }

  /** Whether the condition is satisfied, remembering since when. */
  #judge(at: Instant): boolean {
    if (isSatisfied(this.#rules.condition.root, this.#has())) this.#satisfiedAt ??= at;
    else this.#satisfiedAt = null;
    return this.#satisfiedAt !== null;
  }

  #advance(until: Instant): void {
    for (let next = this.#next(); next !== null && next.at <= until; next = this.#next()) {
      this.#clock = Math.max(this.#clock, next.at);
      this.#happen(next);
    }
  }

  /** The earliest of what is to come; at the same moment, in the order written. */
  #next(): Happening | null {
    const first = this.#round[this.#first];
    if (first === undefined) return null;
    const coming: Happening[] = [
      { what: "batch", at: this.#batchCloses(first) },
      { what: "deadline", at: this.#deadline(first) },
      { what: "reset", at: this.#reset(first) },
      { what: "age", at: this.#ages() },
    ];
    const next = coming.reduce((one, other) => (other.at < one.at ? other : one));
    return next.at === Infinity ? null : next;
  }

  #batchCloses(first: Entry<P>): Instant {
    const { batch } = this.#rules.policy;
    if (batch === undefined || this.#satisfiedAt === null) return Infinity;
    const quiet = this.#last().at + (batch.quietMs ?? Infinity);
    return Math.max(this.#satisfiedAt, Math.min(quiet, first.at + (batch.maxWaitMs ?? Infinity)));
  }

  #deadline(first: Entry<P>): Instant {
    const { deadline } = this.#rules.policy;
    if (deadline === undefined || this.#satisfiedAt !== null) return Infinity;
    if (this.#alertedAt === first.delivery.position) return Infinity;
    return dueAt(deadline, first.at);
  }

  #reset(first: Entry<P>): Instant {
    const { reset } = this.#rules.policy;
    return reset === undefined ? Infinity : nextDailyTime(reset, first.at);
  }

  /** When the next entry grows too old for a leg: the millisecond after it last counted. */
  #ages(): Instant {
    const { condition } = this.#rules;
    return condition.legs.reduce((earliest, spec, leg) => {
      const limit = this.#limit(spec);
      if (limit === Infinity || (this.#counts[leg] ?? 0) === 0) return earliest;
      return Math.min(earliest, this.#head(leg).at + limit + 1);
    }, Infinity);
  }

  #limit({ maxAgeMs }: LegSpec): number {
    return Math.min(maxAgeMs ?? Infinity, this.#rules.policy.withinMs ?? Infinity);
  }

  /** The oldest entry that counts for a leg of which there is one. */
  #head(leg: number): Entry<P> {
    let place = this.#heads[leg] ?? 0;
    while (!present(this.#round[place]).legs.has(leg)) place++;
    this.#heads[leg] = place;
    return present(this.#round[place]);
  }

  #happen({ what, at }: Happening): void {
    switch (what) {
      case "batch": {
        const { batch } = this.#rules.policy;
        const quiet = this.#last().at + (batch?.quietMs ?? Infinity);
        return this.#fire(quiet <= at ? "quiet" : "max_wait", "time", at);
      }
      case "deadline":
        return this.#miss(present(this.#rules.policy.deadline), at);
      case "reset":
        return this.#expireRound("reset", at);
      case "age":
        return this.#age(at);
    }
  }

  #miss({ then, due }: DeadlineSpec, at: Instant): void {
    const has = this.#has();
    const missing = [...this.#counts.keys()].filter((leg) => !has.has(leg));
    const alive = this.#alive();
    const first = present(alive[0]);
    if (then === "skip") return this.#expireRound("deadline", at);
    if (then === "alert") {
      const pending = alive.map(({ delivery }) => delivery);
      this.#steps.push({ type: "alert", pending, missing, at });
      this.#alertedAt = first.delivery.position;
      return;
    }
    this.#fire("deadline", "time", at, missing);
    this.#owed = new Set(missing);
    this.#owedUntil = this.#rules.isKeyed ? null : dueAt({ due }, at);
  }

  #age(at: Instant): void {
    const { condition, policy } = this.#rules;
    const expired: P[] = [];
    let cause: Expire<P>["cause"] = "max_age";
    condition.legs.forEach((spec, leg) => {
      while ((this.#counts[leg] ?? 0) > 0 && this.#head(leg).at + this.#limit(spec) < at) {
        const entry = this.#head(leg);
        entry.legs.delete(leg);
        this.#counts[leg] = (this.#counts[leg] ?? 0) - 1;
        if (entry.legs.size > 0) continue;
        expired.push(entry.delivery);
        if (this.#limit(spec) === policy.withinMs) cause = "within";
      }
    });
    while (this.#round[this.#first]?.legs.size === 0) this.#first++;
    if (expired.length > 0) {
      expired.sort((one, other) => one.position - other.position);
      this.#steps.push({ type: "expire", expired, cause, at });
    }
    if (this.#alive().length === 0) this.#begin();
    else this.#judge(at);
  }

  #expireRound(cause: Expire<P>["cause"], at: Instant): void {
    const expired = this.#alive().map(({ delivery }) => delivery);
    this.#steps.push({ type: "expire", expired, cause, at });
    this.#begin();
  }

  #fire(
    cause: Fire<P>["cause"],
    by: Fire<P>["by"],
    at: Instant,
    missing: readonly number[] = [],
  ): void {
    const consumed = this.#alive().map(({ delivery }) => delivery);
    this.#steps.push({ type: "fire", consumed, by, cause, at, missing });
    this.#owed = new Set();
    this.#owedUntil = null;
    this.#begin();
  }

  /** A leg that a partial run went without, and nothing new has come since. */
  #isLate({ legs }: P, at: Instant): boolean {
    if (this.#owed.size === 0 || this.#first < this.#round.length) return false;
    if (this.#owedUntil !== null && at >= this.#owedUntil) return false;
    return legs.every((leg) => this.#owed.has(leg));
  }

  #comeLate(delivery: P, at: Instant): void {
    const missing = [...this.#owed].filter((leg) => !delivery.legs.includes(leg));
    this.#owed = new Set(missing);
    if (this.#rules.policy.deadline?.late === "rerun") {
      const rest = { by: "delivery", cause: "late", at, missing } as const;
      this.#steps.push({ type: "fire", consumed: [delivery], ...rest });
    } else {
      this.#steps.push({ type: "expire", expired: [delivery], cause: "late", at });
    }
  }

  /** The newest that still counts: what has expired keeps no batch open. */
  #last(): Entry<P> {
    return present(this.#round.findLast(({ legs }) => legs.size > 0));
  }

  #alive(): Entry<P>[] {
    return this.#round.slice(this.#first).filter(({ legs }) => legs.size > 0);
  }

  #begin(): void {
    this.#round = [];
    this.#first = 0;
    this.#counts = this.#counts.map(() => 0);
    this.#heads = this.#heads.map(() => 0);
    this.#satisfiedAt = null;
    this.#alertedAt = null;
  }
}

function dueAt({ due }: Pick<DeadlineSpec, "due">, from: Instant): Instant {
  return "afterMs" in due ? from + due.afterMs : nextDailyTime(due, from);
}
