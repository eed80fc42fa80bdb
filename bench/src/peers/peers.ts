import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { installPython, pythonOf, PYTHON_FOLDER } from "../../../tools/python-environment.ts";

/** What Millrace is measured beside, and how its driver is started. */
export interface Peer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Whether tasks can depend on tasks, and what has ended survives a crash. */
  readonly hasDurableDag: boolean;
  /** So many as take a second or some; a multiple of ten, since runs have ten. */
  readonly tasks: { readonly quick: number; readonly full: number };
  /** Whether it has something like a dataset update that starts a consumer. */
  readonly hasUpdates?: boolean;
  /** Measurements of each, when one takes seconds; it is then measured only when asked for. */
  readonly roundsMax?: number;
  /** How long it may take to become ready, and to answer; those of `startPeer` when not given. */
  readonly readyMs?: number;
  readonly answerMs?: number;
  /** Gets what its driver needs, where that is not there. */
  readonly install: () => Promise<void>;
}

const FOLDER = path.join(import.meta.dirname, "../../peers");
const ENSURE_INSTALL = path.join(import.meta.dirname, "../../../tools/ensure-install.mjs");

export const PEERS: readonly Peer[] = [
  npmPeer("dbos", { hasDurableDag: true, tasks: { quick: 400, full: 3_000 } }),
  npmPeer("openworkflow", { hasDurableDag: true, tasks: { quick: 400, full: 3_000 } }),
  npmPeer("absurd", { hasDurableDag: true, tasks: { quick: 400, full: 4_000 } }),
  npmPeer("graphile-worker", { hasDurableDag: false, tasks: { quick: 5_000, full: 40_000 } }),
  npmPeer("pg-boss", { hasDurableDag: false, tasks: { quick: 5_000, full: 40_000 } }),
  npmPeer("bullmq-flows", { hasDurableDag: false, tasks: { quick: 2_000, full: 20_000 } }),
  pythonPeer("airflow", { hasDurableDag: true, tasks: { quick: 30, full: 100 } }),
  pythonPeer("dagster", { hasDurableDag: true, tasks: { quick: 50, full: 200 } }),
  pythonPeer("prefect", { hasDurableDag: false, tasks: { quick: 50, full: 200 } }),
];

function npmPeer(name: string, about: Pick<Peer, "hasDurableDag" | "tasks">): Peer {
  const args = [path.join(FOLDER, `${name}.ts`)];
  return { ...about, name, command: process.execPath, args, install: installNpmPeers };
}

function pythonPeer(name: string, about: Pick<Peer, "hasDurableDag" | "tasks">): Peer {
  return {
    ...{ ...about, name, hasUpdates: true },
    ...{ roundsMax: 3, readyMs: 300_000, answerMs: 330_000 },
    command: pythonOf(name),
    args: [path.join(PYTHON_FOLDER, `${name}_peer.py`)],
    install: () => installPython(name),
  };
}

/** @throws {Error} When npm fails; what it said is on stderr. */
async function installNpmPeers(): Promise<void> {
  const child = spawn(process.execPath, [ENSURE_INSTALL, FOLDER], { stdio: ["ignore", 2, 2] });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error("The npm peers could not be installed in bench/peers.");
}
