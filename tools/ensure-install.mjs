/**
 * Installs what package-lock.json names where it is not installed: that of the workspace, or of
 * the folder that is given. Runs before `npm test` and `npm run demo`, under whatever Node the
 * machine has, and so is plain JavaScript of long ago.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = process.argv[2] || fileURLToPath(new URL("..", import.meta.url));

const missing = findMissing();
if (missing !== null) {
  console.error(`[install] ${missing}: running npm ci`);
  // stdout belongs to the command that comes after: it may print one JSON document there.
  const stdio = ["ignore", process.stderr, process.stderr];
  // Packages that want a newer Node than npm's get it: warnings of that would bury what matters.
  const command = ["ci", "--loglevel=error"];
  // npm says where it is; as a bare word it is no program on Windows.
  const npm = process.env["npm_execpath"];
  const { status, error } = npm
    ? spawnSync(process.execPath, [npm, ...command], { cwd: root, stdio })
    : spawnSync("npm", command, { cwd: root, stdio });
  if (error) console.error(`[install] ${error.message}`);
  if (status !== 0) {
    console.error("[install] npm ci failed; mend what it says above, and try again");
    process.exit(1);
  }
}

/** The first package of the lock that is not installed in that version, in words; else null. */
function findMissing() {
  const installed = readPackages("node_modules/.package-lock.json");
  if (installed === null) return "nothing is installed yet";
  for (const [path, { version, optional, link }] of Object.entries(
    readPackages("package-lock.json") ?? {},
  )) {
    if (!path.includes("node_modules/") || link) continue;
    const found = installed[path];
    // npm leaves out what is not for this platform.
    if (found === undefined && optional) continue;
    if (found === undefined || found.version !== version) return `${path} is not ${version}`;
  }
  return null;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  } catch {
    return null; // Not there, or cut off in the middle: as good as not installed.
  }
}
