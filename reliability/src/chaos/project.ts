/** What the workers of the chaos rig run: a little of everything that a fault could break. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  after,
  all,
  cron,
  dataset,
  event,
  keys,
  pipeline,
  pool,
  published,
  updated,
} from "@millrace/core";
import { z } from "zod";
import { effect } from "./effects.ts";

const region = keys("eu", "us", "asia");
const narrow = pool("narrow", { slots: 2 });
const retries = { limit: 4, delay: "200ms", max: "2s" } as const;

/** What was told is known by a name that whoever told it gave: no id of the engine's. */
const named = z.object({ id: z.string() });
const metadata = named;
const raw = dataset("raw", { metadata });
const mid = dataset("mid", { metadata });
const end = dataset("end", { metadata });
const left = dataset("left", { metadata });
const right = dataset("right", { metadata });
const lines = dataset("lines", { metadata });
const parts = dataset("parts", { partitions: { region }, metadata });
const asked = event("chaos.asked", { data: named });

function ids(
  updates: readonly { readonly metadata: { readonly id: string } }[],
): readonly string[] {
  return updates.map((update) => update.metadata.id);
}

/** As long as real work takes, more or less; now and then it fails. */
async function work(ms: number, failing = 0.05): Promise<void> {
  await sleep(ms * (0.5 + Math.random()));
  if (Math.random() < failing) throw new Error("it happens");
}

export const refine = pipeline("refine", { on: { raw: updated(raw, { each: true }) } }, (build) => {
  const read = build.task("read", { retries }, async (ctx) => {
    await work(60);
    effect(ctx, ids(ctx.received(raw)));
    return { values: [1, 2, 3] };
  });
  build.task("load", { needs: { read }, retries, pool: narrow, produces: { mid } }, async (ctx) => {
    await work(80);
    effect(ctx, ids(ctx.received(raw)));
    await ctx.produces.mid.update({ metadata: { id: ctx.run.id } });
  });
});

export const finish = pipeline("finish", { on: { mid: updated(mid, { each: true }) } }, (build) => {
  build.task("tell", { retries, produces: { end } }, async (ctx) => {
    await work(40);
    effect(ctx, ids(ctx.received(mid)));
    await ctx.produces.end.update({ metadata: { id: ctx.run.id } });
  });
});

export const sum = pipeline("sum", { maxActiveRuns: 1, on: { end } }, (build) => {
  build.task("sum", { retries }, async (ctx) => {
    await work(150);
    effect(ctx, ids(ctx.received(end)));
  });
});

export const join = pipeline("join", { on: { both: all(left, right) } }, (build) => {
  build.task("join", { retries }, async (ctx) => {
    await work(50);
    effect(ctx, ids([...ctx.received(left), ...ctx.received(right)]));
  });
});

export const bundle = pipeline(
  "bundle",
  { on: { lines: updated(lines, { batch: { max: 5, quiet: "3s", maxWait: "8s" } }) } },
  (build) => {
    build.task("bundle", { retries }, async (ctx) => {
      await work(50);
      effect(ctx, ids(ctx.received(lines)));
    });
  },
);

export const spread = pipeline(
  "spread",
  { partitions: { region }, on: { parts: updated(parts, { each: true }) } },
  (build) => {
    const list = build.task("list", { retries }, async (ctx) => {
      effect(ctx, ids(ctx.received(parts)));
      return [10, 20, 30, 40].map((ms) => ms);
    });
    const each = build.map("each", { over: list, retries, maxParallel: 2 }, async (ctx) => {
      await work(ctx.item);
      effect(ctx, ids(ctx.received(parts)));
      return ctx.index;
    });
    build.task("gather", { needs: { each }, retries }, async (ctx) => {
      effect(ctx, ids(ctx.received(parts)));
      return ctx.needs.each.length;
    });
  },
);

export const answer = pipeline(
  "answer",
  { on: { asked: published(asked, { each: true }) } },
  (build) => {
    build.task("think", { retries }, async (ctx) => {
      const token = await ctx.step("first", async () => {
        await work(50, 0);
        return randomUUID();
      });
      effect(
        ctx,
        ctx.received(asked).map(({ data }) => data.id),
        token,
      );
      await ctx.sleep("2s");
      const again = await ctx.step("second", async () => {
        await work(50);
        return token;
      });
      effect(
        ctx,
        ctx.received(asked).map(({ data }) => data.id),
        token,
      );
      return { token, again };
    });
  },
);

/** Started by hand; long enough for workers to die under it. */
export const labour = pipeline("labour", { params: z.object({ ms: z.number() }) }, (build) => {
  const dig = build.task("dig", { retries, timeout: "40s" }, async (ctx) => {
    await work(ctx.params.ms);
    effect(ctx);
  });
  build.task("rest", { needs: { dig }, retries }, async (ctx) => {
    await work(30);
    effect(ctx);
  });
});

export const notice = pipeline(
  "notice",
  { on: { done: after(labour, { on: "completion", each: true }) } },
  (build) => {
    build.task("note", { retries }, async (ctx) => {
      await work(30);
      const runs = ctx.received(labour).map(({ run }) => run);
      effect(ctx, runs);
    });
  },
);

/** One a minute each, at a different second: something is always about to fire. */
export const tick = pipeline(
  "tick",
  {
    on: Object.fromEntries(
      Array.from({ length: 12 }, (_, place) => [
        `t${place}`,
        cron("* * * * *", { catchup: "all", jitter: "55s" }),
      ]),
    ),
  },
  (build) => {
    build.task("tick", { retries }, async (ctx) => {
      await work(40);
      effect(ctx);
    });
  },
);
