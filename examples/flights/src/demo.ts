import path from "node:path";
import { type DemoOptions, readOptions, USAGE } from "./demo/options.ts";
import { type DemoResult, runDemo } from "./demo/run-demo.ts";
import { milliseconds, openScreen } from "./demo/screen.ts";

/** The exit codes of the `millrace` command. */
const EXIT = { ok: 0, error: 1, usage: 2, failedRun: 10, interrupted: 130 };

process.exitCode = await main();

async function main(): Promise<number> {
  let options: DemoOptions | "help";
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${USAGE}`);
    return EXIT.usage;
  }
  if (options === "help") {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  const stop = new AbortController();
  const screen = openScreen();
  const interrupt = (): void => {
    screen.say("Stopping: what runs may end first. Once more stops at once.");
    stop.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, interrupt);
  screen.say("Millrace: late flights and bird strikes, from 15 files in a bucket to one report");
  try {
    const result = await runDemo(options, screen, stop.signal);
    process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : summaryOf(result));
    return result.runs.every(({ state }) => state === "succeeded") ? EXIT.ok : EXIT.failedRun;
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted;
    screen.say(messageOf(error));
    return EXIT.error;
  }
}

function summaryOf({ objects, updates, runs, outputs, elapsedMs }: DemoResult): string {
  const place = (file: string): string => path.relative(process.cwd(), file);
  const files = (name: string): string => {
    const found = outputs.filter((file) => path.basename(path.dirname(file)) === name);
    return found[0] === undefined
      ? "none"
      : `${place(path.dirname(found[0]))} (${found.length} files)`;
  };
  const reported = outputs.filter((file) => path.basename(path.dirname(file)) === "report");
  const news = runs.length === 0 ? "Nothing was new, so nothing ran. " : "";
  return `
${news}${objects.length} objects, ${updates.length} updates, ${runs.length} runs in ${milliseconds(elapsedMs)}.

  report    ${reported.map(place).join("\n            ")}
  months    ${files("months")}
  flights   ${files("flights")}
  strikes   ${files("strikes")}
`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
