import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * Notes the files that are imported from now on, those that fail to load included: what a change
 * of must load the project anew. What was installed is left out.
 */
export function noteLoadedFiles(): ReadonlySet<string> {
  const files = new Set<string>();
  registerHooks({
    load(url, context, next) {
      if (url.startsWith("file:") && !url.includes("/node_modules/")) files.add(fileURLToPath(url));
      return next(url, context);
    },
  });
  return files;
}
