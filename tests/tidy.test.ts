/** The rules of the house that no other tool checks. A limit that is broken twice is wrong. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const CORE = [/^@millrace\/core(\/internal)?$/];
const OURS = [...CORE, /^@millrace\/(postgres|worker|sensors(\/internal)?|testing)$/];
const NODE = [/^node:/];
const AWS = [/^@aws-sdk\//];

/** What each package may import. The architecture is this table. */
const MAY_IMPORT: Readonly<Record<string, readonly RegExp[]>> = {
  core: [/^@standard-schema\/spec$/, /^croner$/, /^node:crypto$/],
  postgres: [...CORE, /^kysely(\/|$)/, /^pg$/, /^@electric-sql\/pglite(\/|$)/, ...NODE],
  worker: [...CORE, ...AWS, /^bullmq$/, /^ioredis$/, ...NODE],
  sensors: [
    ...CORE,
    ...AWS,
    /^hono(\/|$)/,
    /^@hono\/node-server$/,
    /^@nats-io\/(jetstream|transport-node)$/,
    /^ioredis$/,
    /^ipaddr\.js$/,
    /^minimatch$/,
    /^nodemailer$/,
    /^pg$/,
    ...NODE,
  ],
  testing: [
    ...CORE,
    /^@millrace\/(postgres|worker)$/,
    /^kysely$/,
    /^vitest$/,
    /^fauxqs$/,
    ...AWS,
    ...NODE,
  ],
  tasks: [...CORE, /^pg$/, ...NODE],
  cli: [...OURS, /^commander$/, /^@hono\/node-server$/, ...NODE],
};
/** Where time, chance and the outside would come into core, which gets them as arguments. */
const IMPURE = [
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bperformance\.now\(/,
  /\bMath\.random\(/,
  /\bset(Timeout|Interval|Immediate)\(/,
  /\bAbortSignal\.timeout\(/,
  /\bprocess\./,
  /\brandom(UUID|Bytes)\b/,
  /\bgetRandomValues\b/,
  /\bfetch\(/,
  /\bconsole\./,
];
const IMPORT = /(?:^|[\s}])from "([^"\n]+)";|^import "([^"\n]+)";|\bimport\("([^"\n]+)"\)/gm;
const BANNED_NAMES = /^(utils?|helpers?|common|misc|types|.*-?(manager|service)|.*-impl)$/;
const SOURCE_LINES_MAX = 400;
const TEST_LINES_MAX = 600;
const OWN_IMPORTS_MAX = 12;
/** What only puts parts together may name as many as there are. */
const COMPOSERS = new Set(["index", "internal", "compose", "create-store", "program"]);

interface SourceFile {
  readonly file: string;
  readonly pkg: string;
  readonly name: string;
  readonly isTest: boolean;
  readonly text: string;
  readonly lineCount: number;
  readonly imports: readonly string[];
}

const root = path.join(import.meta.dirname, "..");
const files = globSync(
  [
    "packages/*/src/**/*.ts",
    "tests/**/*.ts",
    "tools/**/*.ts",
    "examples/*/src/**/*.ts",
    "reliability/src/**/*.ts",
  ],
  { cwd: root },
).map(readSource);
const sources = files.filter(({ file, isTest }) => file.startsWith("packages/") && !isTest);

test("the rules see the files that they are for", () => {
  for (const pkg of Object.keys(MAY_IMPORT)) {
    expect(
      sources.some((each) => each.pkg === pkg),
      pkg,
    ).toBe(true);
  }
  const packages = new Set(sources.map(({ pkg }) => pkg));
  expect([...packages].toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
});

describe.each(Object.entries(MAY_IMPORT))("packages/%s", (pkg, allowed) => {
  test("imports only what it may", () => {
    const strangers = sources
      .filter((each) => each.pkg === pkg)
      .flatMap(({ file, imports }) => imports.map((specifier) => ({ file, specifier })))
      .filter(({ specifier }) => !specifier.startsWith("."))
      .filter(({ specifier }) => !allowed.some((rule) => rule.test(specifier)));
    expect(strangers).toEqual([]);
  });

  test("reaches into no other package by path", () => {
    const home = path.join("packages", pkg, "src");
    const strays = sources
      .filter((each) => each.pkg === pkg)
      .flatMap(({ file, imports }) =>
        imports
          .filter((specifier) => specifier.startsWith("."))
          .map((specifier) => path.join(path.dirname(file), specifier)),
      )
      .filter((target) => !target.startsWith(home));
    expect(strays).toEqual([]);
  });
});

test("core names no clock, no chance, no environment and no outside", () => {
  const impure = sources
    .filter(({ pkg }) => pkg === "core")
    .flatMap(({ file, text }) =>
      IMPURE.map((rule) => rule.exec(text)?.[0])
        .filter((found) => found !== undefined)
        .map((found) => `${file}: ${found}`),
    );
  expect(impure).toEqual([]);
});

test("every file fits in a reader's head", () => {
  const long = files
    .filter(({ lineCount, isTest }) => lineCount > (isTest ? TEST_LINES_MAX : SOURCE_LINES_MAX))
    .map(({ file, lineCount }) => `${file}: ${lineCount} lines`);
  expect(long).toEqual([]);
});

test("every file is named for one idea", () => {
  expect(files.filter(({ name }) => BANNED_NAMES.test(name)).map(({ file }) => file)).toEqual([]);
});

test("no file leans on more of its own than it can explain", () => {
  const leaning = sources
    .filter(({ name }) => !COMPOSERS.has(name))
    .map(({ file, text }) => ({
      file,
      // Types bind nothing at run time.
      count: [...text.replaceAll(/^import type [^;]*;$/gm, "").matchAll(/ from "\./g)].length,
    }))
    .filter(({ count }) => count > OWN_IMPORTS_MAX);
  expect(leaning).toEqual([]);
});

test("nothing is switched off without saying why", () => {
  const silent = files
    .filter(({ file }) => file !== path.join("tests", "tidy.test.ts"))
    .flatMap(({ file }) =>
      readFileSync(path.join(root, file), "utf8")
        .split("\n")
        .filter((line) => /@ts-(ignore|nocheck)|(oxlint|eslint)-disable(?!.* -- )/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
  expect(silent).toEqual([]);
});

function readSource(file: string): SourceFile {
  const whole = readFileSync(path.join(root, file), "utf8");
  const text = withoutComments(whole);
  const isTest = /\.test(-d)?\.ts$/.test(file) || file.startsWith("tests");
  return {
    file,
    pkg: file.split(path.sep)[1] ?? "",
    name: path.basename(file).replace(/\..*$/, ""),
    isTest,
    text,
    lineCount: whole.split("\n").length - 1,
    imports: [...text.matchAll(IMPORT)].map((match) => match.slice(1).join("")),
  };
}

/** Good enough for our own sources: what a comment says is no code. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}
