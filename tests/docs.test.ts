/** What README and tutorial show is what is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { toProject } from "@millrace/cli";
import { checkDeployment, checkGraph } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";

interface Block {
  readonly page: string;
  readonly code: string;
  /** The file that the page names last before the block; null when it names none. */
  readonly file: string | null;
}

const root = path.join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

const EXAMPLES = readdirSync(path.join(root, "docs/examples")).map(
  (page) => `docs/examples/${page}`,
);
const GUIDES = ["airflow", "event-sources", "intake", "sensors", "outs", "alerts"].map(
  (name) => `docs/guides/${name}.md`,
);
const PAGES = ["README.md", "docs/tutorial.md", ...GUIDES, ...EXAMPLES];
const blocks = PAGES.flatMap(blocksOf);
const files = [...new Set(blocks.flatMap(({ file }) => file ?? []))];
/** Servers and adapters, not pipelines. */
const SCRIPTS = ["kafka-source", "lake-server", "receiver"].map(
  (name) => `examples/tutorial/src/${name}.ts`,
);

function blocksOf(page: string): readonly Block[] {
  const parts = read(page).split(/^```/m);
  let file: string | null = null;
  // Text and fenced blocks take turns, and text begins.
  return parts.flatMap((part, at) => {
    if (at % 2 === 0) {
      file = [...part.matchAll(/`(examples\/[\w./-]+\.ts)`/g)].at(-1)?.[1] ?? file;
      return [];
    }
    return part.startsWith("ts\n") ? [{ page, code: part.slice("ts\n".length), file }] : [];
  });
}

test.each(PAGES)("%s has code, and each block of it names its file", (page) => {
  const files = blocks.filter((block) => block.page === page).map(({ file }) => file);
  expect(files).not.toEqual([]);
  expect(files).not.toContain(null);
});

test.each(blocks)("$page shows $file as it is", ({ code, file }) => {
  expect(read(file ?? "")).toContain(code.trim());
});

describe.each(files.filter((file) => !SCRIPTS.includes(file)))("%s", (file) => {
  test("is a valid project", async () => {
    const module = (await import(path.join(root, file))) as object;
    const { definitions } = toProject({ name: "docs", modules: [module] });
    const specs = definitions.map(({ spec }) => spec);
    expect([...checkDeployment(specs), ...checkGraph(specs)]).toEqual([]);
  });
});

test("the loop that README shows is the loop that is found", async () => {
  const modules = ["shop", "finance"].map((name) => `examples/tutorial/src/${name}.ts`);
  const loaded = await Promise.all(modules.map((file) => import(path.join(root, file))));
  const { definitions } = toProject({ name: "docs", modules: loaded as object[] });
  const [problem, ...others] = checkGraph(definitions.map(({ spec }) => spec));
  expect(others).toEqual([]);
  expect(read("README.md")).toContain(`✕ ${problem}\n`);
});

test.each(PAGES)("every path that a command or a link of %s names is there", (page) => {
  const text = read(page);
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, to = ""]) =>
    path.join(path.dirname(page), to),
  );
  const named = [...text.matchAll(/(?<!docs\/|\.\.\/)\bexamples\/[\w/.-]*\w/g)].map(
    ([file]) => file,
  );
  const missing = [...links, ...named].filter((file) => !existsSync(path.join(root, file)));
  expect(missing).toEqual([]);
});

test("every test that the guarantees name is there, with its titles", () => {
  const cells = read("docs/guarantees.md").matchAll(
    /`(tests|core|worker)\/([\w./-]+)`(?: \(([^)]*)\))?/g,
  );
  const named = [...cells].map(([, place = "", rest = "", titles = ""]) => ({
    file: path.join(place === "tests" ? place : `packages/${place}/src`, rest),
    // Of a test.each, what comes before its variable part.
    titles: [...titles.matchAll(/"([^"…]+)/g)].map(([, title = ""]) => title.trimEnd()),
  }));
  expect(named.flatMap(({ titles }) => titles).length).toBeGreaterThan(10);
  const missing = named.flatMap(({ file, titles }) => {
    if (!existsSync(path.join(root, file))) return [file];
    return titles
      .filter((title) => !read(file).includes(title))
      .map((title) => `${file}: ${title}`);
  });
  expect(missing).toEqual([]);
});
