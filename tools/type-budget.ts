/**
 * Holds what definitions cost the compiler. Writes a project of 200 pipelines over 600 datasets
 * into `.type-budget` and checks it beside an empty one that imports the same packages. Fails when
 * it takes too many times as long, the best of several, or when a pipeline makes the compiler
 * instantiate too many types, which is the same on every machine.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Times an empty project's time; 7 to 9 when it was set. */
const RATIO_MAX = 15;
/** 6,700 when it was set. */
const INSTANTIATIONS_EACH_MAX = 10_000;
const ROUNDS = 3;
const PIPELINES = 200;
const DATASETS_EACH = 3;

const root = path.join(import.meta.dirname, "..");
const folder = path.join(root, ".type-budget");

rmSync(folder, { recursive: true, force: true });
const empty = writeProject("empty", { "index.ts": 'import "zod";\nimport "@millrace/core";\n' });
const full = writeProject("full", writeDefinitions());
let emptyMs = Infinity;
let fullMs = Infinity;
let instantiationsEach = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  emptyMs = Math.min(emptyMs, check(empty).ms);
  const cost = check(full);
  fullMs = Math.min(fullMs, cost.ms);
  instantiationsEach = Math.round(cost.instantiations / PIPELINES);
}
const ratio = fullMs / emptyMs;
console.log(
  `${PIPELINES} pipelines type-check in ${Math.round(fullMs)} ms, ${ratio.toFixed(1)} times ` +
    `an empty project (at most ${RATIO_MAX}), with ${instantiationsEach} instantiations each ` +
    `(at most ${INSTANTIATIONS_EACH_MAX})`,
);
if (ratio > RATIO_MAX || instantiationsEach > INSTANTIATIONS_EACH_MAX) {
  console.error("Over the budget. This shows what is dear:");
  console.error(`  npx tsc -p ${path.relative(root, full)} --generateTrace .type-budget/trace`);
  process.exit(1);
}
rmSync(folder, { recursive: true, force: true });

interface Cost {
  readonly ms: number;
  readonly instantiations: number;
}

function check(project: string): Cost {
  const began = performance.now();
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, "-p", project, "--extendedDiagnostics"],
    { cwd: root, encoding: "utf8" },
  );
  const ms = performance.now() - began;
  const instantiations = Number(/^Instantiations:\s+(\d+)$/m.exec(stdout)?.[1]);
  if (status !== 0 || Number.isNaN(instantiations)) {
    console.error(`The generated project in ${project} could not be checked:\n${stdout}`);
    process.exit(1);
  }
  return { ms, instantiations };
}

function writeProject(name: string, files: Readonly<Record<string, string>>): string {
  const project = path.join(folder, name);
  mkdirSync(project, { recursive: true });
  const compilerOptions = {
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
  };
  const tsconfig = { extends: "../../tsconfig.base.json", compilerOptions, include: ["*.ts"] };
  writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify(tsconfig));
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(path.join(project, file), text);
  }
  return project;
}

/** One file a pipeline, which consumes what the one before it produces: as people write them. */
function writeDefinitions(): Readonly<Record<string, string>> {
  const files: Record<string, string> = {
    "scheme.ts": [
      'import { daily, namespace } from "@millrace/core";',
      'import { z } from "zod";',
      'export const day = daily({ start: "2026-01-01" });',
      'export const ops = namespace("ops", { variables: z.object({ airport: z.string() }), secrets: ["faa"] });',
    ].join("\n"),
  };
  for (let n = 0; n < PIPELINES; n += 1) files[`pipeline-${n}.ts`] = writePipeline(n);
  return files;
}

function writePipeline(n: number): string {
  const own = Array.from({ length: DATASETS_EACH }, (_, index) => n * DATASETS_EACH + index);
  const datasets = own.map(
    (id) => `export const d${id} = dataset("d${id}", {
  uri: "s3://lake/d${id}/{date}.csv",
  partitions: { date: day },
  metadata: z.object({ rows: z.number().int(), source${id}: z.string().optional() }),
});`,
  );
  const [first = 0, second = 0, third = 0] = own;
  const before = n === 0 ? null : [first - 3, first - 2];
  const upstream = before ?? [];
  const imports = upstream.map((id) => `d${id}`).join(", ");
  const on =
    before === null
      ? 'morning: cron("0 6 * * *", { timezone: "Europe/Berlin", partition: "interval" })'
      : `files: updated(all(d${before[0]}.where({ metadata: { rows: gt(0) } }), d${before[1]}))`;
  return `import { all, cron, dataset, gt, pipeline, updated } from "@millrace/core";
import { z } from "zod";
import { day, ops } from "./scheme.ts";
${before === null ? "" : `import { ${imports} } from "./pipeline-${n - 1}.ts";`}
${datasets.join("\n")}
export const p${n} = pipeline("p${n}", {
  namespace: ops,
  partitions: { date: day },
  on: { ${on} },
}, ({ task, map, branch }) => {
  const load = task("load", { retries: 3, consumes: { ${imports} } }, async (context) => {
    ${before === null ? "const rows = context.run.id.length;" : `const rows = context.received(d${before[0]}).at(-1)?.metadata.rows ?? (await context.consumes.d${before[1]}.latest())?.metadata.rows ?? 0;`}
    return { chunks: [{ rows, date: context.run.partition.date }] };
  });
  const clean = map("clean", { over: load.at("chunks") }, ({ item, variables }) => ({ rows: item.rows, at: variables.airport }));
  const quality = branch("quality", { needs: { clean } }, ({ needs }) => (needs.clean.some((c) => c.rows > 0) ? "good" : "poor"));
  task("warn", { when: quality.is("poor"), produces: { d${second} } }, async ({ produces }) => {
    await produces.d${second}.update({ metadata: { rows: 0 } });
  });
  return task("write", { needs: { clean, load }, when: quality.is("good"), produces: { d${first}, d${third} } }, async ({ needs, produces }) => {
    await produces.d${first}.update({ metadata: { rows: needs.clean.length } });
    await produces.d${third}.update({ metadata: { rows: needs.load.chunks.length } });
    return { rows: needs.clean.length };
  });
});
`;
}
