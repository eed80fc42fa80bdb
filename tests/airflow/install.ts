import { installPython } from "../../tools/python-environment.ts";

/** Three times what two busy cores need. */
const TESTS_MS_MAX = 45 * 60_000;

/**
 * Installs what the tests drive, where it is not installed: before a test waits for it. From then
 * on they have a bounded time; what they started ends with them.
 */
export default async function install(): Promise<void> {
  await installPython("airflow");
  await installPython("airflow-2");
  const late = setTimeout(() => {
    console.error(`not done in ${TESTS_MS_MAX / 60_000} minutes: given up`);
    process.exit(1);
  }, TESTS_MS_MAX);
  late.unref();
}
