import { type JournalEntry, type JsonValue, present, signatureOf } from "@millrace/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Loose, startAttempt } from "./attempt-bench.ts";

/** What a handler does: steps and waits, one after another and side by side. */
type Program =
  | { readonly do: "step"; readonly id: number }
  | { readonly do: "sleep"; readonly id: number; readonly named: boolean }
  | { readonly do: "event"; readonly id: number; readonly named: boolean }
  /** Takes its time, as far as the microtask queue goes. */
  | { readonly do: "hop"; readonly hops: number }
  | { readonly do: "sequence" | "together"; readonly parts: readonly Program[] };

type Shape = fc.Arbitrary<Program>;
const id = fc.constant(0);
const leaf: Shape = fc.oneof(
  fc.record({ do: fc.constant("step" as const), id }),
  fc.record({ do: fc.constantFrom("sleep" as const, "event" as const), id, named: fc.boolean() }),
  fc.record({ do: fc.constant("hop" as const), hops: fc.nat(7) }),
);
const { program: tree } = fc.letrec<{ program: Program }>((tie) => ({
  program: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.record({
      do: fc.constantFrom("sequence" as const, "together" as const),
      parts: fc.array(tie("program"), { maxLength: 4 }),
    }),
  ),
}));

/** Branches that run side by side, of more than one step each: where order can go wrong. */
const branch: Shape = fc.record({
  do: fc.constant("sequence" as const),
  parts: fc.array(leaf, { minLength: 1, maxLength: 4 }),
});
const branches: Shape = fc.record({
  do: fc.constant("together" as const),
  parts: fc.array(branch, { minLength: 2, maxLength: 4 }),
});
const program: Shape = fc.oneof(tree, branches);

/** The same program with an id of its own for each leaf. */
function numbered(of: Program, next: { id: number } = { id: 0 }): Program {
  if ("parts" in of) return { ...of, parts: of.parts.map((part) => numbered(part, next)) };
  next.id += 1;
  return "id" in of ? { ...of, id: next.id } : of;
}

/** What the program gives when nothing ever waits. */
function expected(of: Program): JsonValue {
  if ("parts" in of) return of.parts.map(expected);
  return of.do === "hop" || of.do === "sleep" ? null : `${of.do} ${of.id}`;
}

function stepIds(of: Program): number[] {
  if ("parts" in of) return of.parts.flatMap(stepIds);
  return of.do === "step" ? [of.id] : [];
}

/** What came of each leaf is told by the outcome; how often each step ran, by `ran`. */
async function interpret(of: Program, c: Loose, ran: number[]): Promise<JsonValue> {
  switch (of.do) {
    case "step":
      return (await c.step(`step ${of.id}.`, () => {
        ran.push(of.id);
        return `step ${of.id}`;
      })) as JsonValue;
    case "sleep":
      await c.sleep(`${of.id}s`, of.named ? { name: `own ${of.id}` } : {});
      return null;
    case "event": {
      const options = of.named ? { name: `own ${of.id}` } : {};
      const event = (await c.waitForEvent(`event-${of.id}`, options)) as { data: JsonValue };
      return event.data;
    }
    case "hop":
      for (let hop = 0; hop < of.hops; hop += 1) await Promise.resolve();
      return null;
    case "together":
      return Promise.all(of.parts.map((part) => interpret(part, c, ran)));
    case "sequence": {
      const outputs: JsonValue[] = [];
      for (const part of of.parts) outputs.push(await interpret(part, c, ran));
      return outputs;
    }
  }
}

/**
 * The journal of one task run, as a store keeps it: in the order in which attempts saw it. What is
 * answered while an attempt runs comes after what that attempt does.
 */
class Kept {
  readonly #unseen: string[] = [];
  readonly done: JournalEntry[] = [];
  readonly waiting = new Map<string, JournalEntry & { readonly answer: JsonValue }>();

  entries(): readonly JournalEntry[] {
    const open = [...this.waiting.values()].map(({ answer: _, ...entry }) => entry);
    return [...this.done, ...open];
  }

  answerUnseen(name: string): void {
    if (this.waiting.has(name) && !this.#unseen.includes(name)) this.#unseen.push(name);
  }

  /** The attempt has ended. @returns How many answers it did not see. */
  show(): number {
    const shown = this.#unseen.splice(0);
    for (const name of shown) this.answer(name);
    return shown.length;
  }

  answer(name: string): void {
    const { answer, ...entry } = present(this.waiting.get(name));
    this.waiting.delete(name);
    this.done.push({ ...entry, state: "done", value: answer });
  }
}

const ATTEMPTS_MAX = 200;

/** Attempt after attempt, with answers in the order that `pick` says, until the program has ended. */
async function runToEnd(
  of: Program,
  pick: (count: number) => number,
  crashes: (attempt: number) => number,
): Promise<{
  readonly output: JsonValue;
  readonly ran: readonly number[];
  readonly recorded: readonly string[];
}> {
  const ran: number[] = [];
  const recorded: string[] = [];
  const kept = new Kept();
  for (let number = 0; number < ATTEMPTS_MAX; number += 1) {
    // Its worker dies right after so many of its steps were recorded; with 0 it lives.
    let left = crashes(number);
    const attempt = startAttempt((c) => interpret(of, c, ran), {
      journal: kept.entries(),
      record: async ({ name, value }) => {
        kept.done.push({ name, signature: "step", state: "done", value });
        recorded.push(name);
        const open = [...kept.waiting.keys()];
        if (open.length > 0 && pick(2) === 0) kept.answerUnseen(present(open[pick(open.length)]));
        left -= 1;
        return left !== 0;
      },
    });
    const outcome = await attempt.outcome;
    if (outcome.type === "succeeded") return { output: outcome.output, ran, recorded };
    if (outcome.type === "lost") {
      kept.show();
      continue;
    }
    if (outcome.type !== "suspended") throw new Error(JSON.stringify(outcome));
    for (const { name, wait } of outcome.waits) {
      const asked = wait.kind === "event" ? present(wait.of[0]).name : null;
      const answer = asked && { id: 1, name: asked, data: asked.replace("-", " ") };
      const signature = signatureOf(wait);
      kept.waiting.set(name, { name, signature, state: "waiting", value: null, answer });
    }
    expect(outcome.blockedOn.toSorted()).toEqual([...kept.waiting.keys()].toSorted());
    if (kept.show() > 0) continue;
    const some = 1 + pick(outcome.blockedOn.length);
    for (let count = 0; count < some; count += 1) {
      kept.answer(present([...kept.waiting.keys()][pick(kept.waiting.size)]));
    }
  }
  throw new Error(`it did not end within ${ATTEMPTS_MAX} attempts`);
}

/** Draws from what the property was given. */
function pickFrom(picks: fc.Stream<number>): (count: number) => number {
  return (count) => present(picks.next().value) % count;
}

const programs = program.map((shape) => numbered(shape));
const picks = fc.infiniteStream(fc.nat(1_000));

test("however its answers come, a handler ends the same, and each step runs once", async () => {
  await fc.assert(
    fc.asyncProperty(programs, picks, async (of, drawn) => {
      const end = await runToEnd(of, pickFrom(drawn), () => 0);
      expect(end.output).toEqual(expected(of));
      expect(end.ran.toSorted((a, b) => a - b)).toEqual(stepIds(of));
    }),
    { numRuns: 300 },
  );
});

test("whenever its worker dies, it ends the same, and no recorded step runs again", async () => {
  const crashes = fc.array(fc.nat(3), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(programs, picks, crashes, async (of, drawn, after) => {
      const end = await runToEnd(of, pickFrom(drawn), (attempt) => after[attempt] ?? 0);
      expect(end.output).toEqual(expected(of));
      expect(end.recorded.toSorted()).toEqual(
        stepIds(of)
          .map((each) => `step ${each}.`)
          .toSorted(),
      );
    }),
    { numRuns: 300 },
  );
});
