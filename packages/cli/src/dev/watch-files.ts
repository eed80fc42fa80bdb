import { type FSWatcher, statSync, watch } from "node:fs";
import path from "node:path";

/** Editors write a file in several steps; they are one change. */
const SETTLE_MS = 80;
const MODULE = /\.(?:ts|mts|js|mjs|json)$/;

/** Watches the files of a project for what a change of would load it anew. */
export class FileWatch {
  readonly #onChange: (file: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  /** By file: what it was when it was seen last. */
  #states = new Map<string, string>();
  #isAnyModule = false;
  #settling: NodeJS.Timeout | null = null;

  /** @param onChange - Told one of the files, once for changes that come together. */
  constructor(onChange: (file: string) => void) {
    this.#onChange = onChange;
  }

  /**
   * Watches other files from now on.
   *
   * @param isAnyModule - Any module beside them counts as well: the project could not be loaded,
   * perhaps because one is missing.
   */
  follow(files: readonly string[], isAnyModule: boolean): void {
    this.#isAnyModule = isAnyModule;
    this.#states = new Map(files.map((file) => [file, stateOf(file)]));
    const folders = new Set(files.map((file) => path.dirname(file)));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    // Folders, not files: many editors write a new file and rename it over the old one.
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    if (this.#settling !== null) clearTimeout(this.#settling);
  }

  #watch(folder: string): void {
    const watcher = watch(folder, (_event, name) => {
      if (name !== null) this.#saw(path.join(folder, name));
    });
    // A folder that was removed ends its watcher; its files count again when they are back.
    watcher.on("error", () => this.#watchers.delete(folder));
    this.#watchers.set(folder, watcher);
  }

  #saw(file: string): void {
    const known = this.#states.get(file);
    if (known === undefined && !(this.#isAnyModule && MODULE.test(file))) return;
    const state = stateOf(file);
    // Reading a file, or a change of its rights, is told as well.
    if (state === known) return;
    this.#states.set(file, state);
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#onChange(file), SETTLE_MS);
  }
}

function stateOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.mtimeMs} ${found.size}`;
}
