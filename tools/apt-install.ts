import { spawnSync } from "node:child_process";

/**
 * Installs a Debian package where that can be done without asking anybody: as root, or in CI
 * with a sudo that wants no password. What it prints goes to stderr.
 * @returns Whether it is installed now.
 */
export function aptInstall(name: string): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !process.env["CI"]) return false;
  if (spawnSync("apt-get", ["--version"]).status !== 0) return false;
  console.warn(`[tests] installing ${name} through apt-get`);
  const prefix = isRoot ? [] : ["sudo", "-n"];
  // RUNLEVEL=1 keeps the package from starting a service of its own.
  const env = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"];
  const run = (...args: readonly string[]): boolean => {
    const [command = "env", ...rest] = [...prefix, ...env, "apt-get", "-qq", ...args];
    return spawnSync(command, rest, { stdio: ["ignore", 2, 2] }).status === 0;
  };
  return run("update") && run("install", "-y", "--no-install-recommends", name);
}
