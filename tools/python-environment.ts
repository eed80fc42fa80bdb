import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { aptInstall } from "./apt-install.ts";

/** Where the requirements are, their environments, and what drives the programs in them. */
export const PYTHON_FOLDER: string = path.join(import.meta.dirname, "../bench/peers/python");

/** The interpreter that sees what `requirements-<name>.txt` pins, and nothing else. */
export function pythonOf(name: string): string {
  return path.join(environmentOf(name), "bin/python");
}

/**
 * Makes a virtual environment of `requirements-<name>.txt`, unless there is one with just what
 * that names. It takes minutes; what Python says goes to stderr.
 *
 * @throws {Error} When there is no Python, or a package cannot be installed.
 */
export async function installPython(name: string): Promise<void> {
  const requirements = path.join(PYTHON_FOLDER, `requirements-${name}.txt`);
  const environment = environmentOf(name);
  const installed = path.join(environment, "requirements.txt");
  const wanted = await readFile(requirements, "utf8");
  if ((await readFile(installed, "utf8").catch(() => null)) === wanted) return;
  process.stderr.write(`installing ${name} for Python…\n`);
  await rm(environment, { recursive: true, force: true });
  await makeEnvironment(environment);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  if (!(await runs(pythonOf(name), [...pip, "-r", requirements])))
    throw new Error(`What ${name} needs could not be installed: see what pip says above.`);
  // Last, so that an environment that was not finished is made again.
  await cp(requirements, installed);
}

async function makeEnvironment(environment: string): Promise<void> {
  const make = () => runs("python3", ["-m", "venv", environment]);
  if (await make()) return;
  // Debian keeps the module in a package of its own.
  if (aptInstall("python3-venv") && (await make())) return;
  throw new Error("No virtual environment could be made: install Python 3.11 with venv.");
}

function environmentOf(name: string): string {
  return path.join(PYTHON_FOLDER, `.venv-${name}`);
}

async function runs(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: ["ignore", 2, 2] });
  const code = await once(child, "close").then(
    ([ended]: unknown[]) => ended,
    () => null, // There is no such command.
  );
  return code === 0;
}
