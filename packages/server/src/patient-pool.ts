import { readdirSync, readFileSync } from "node:fs";
import { access } from "node:fs/promises";
import { constants, getPriority, setPriority } from "node:os";

/** In steps of niceness, like that of lists: where the thread that answers wants the same core, these get a quarter of it. */
const patience = 5;
const tasks = "/proc/self/task";
/** As libuv names the threads of its pool. */
const nameInPool = "libuv-worker";

/**
 * Lets the thread that answers go before the pool of threads in which passwords are proven, wherever there is not a core
 * for each. Only on Linux is a priority that of a thread; elsewhere, and where it is forbidden, all stays as it is.
 */
export async function makePoolPatient(): Promise<void> {
  if (process.platform !== "linux") return;
  try {
    // The first that is asked of the pool starts all of its threads.
    await access(tasks);
    for (const task of readdirSync(tasks)) {
      if (readFileSync(`${tasks}/${task}/comm`, "utf8").trim() !== nameInPool) continue;
      const thread = Number(task);
      setPriority(
        thread,
        Math.min(getPriority(thread) + patience, constants.priority.PRIORITY_LOW),
      );
    }
  } catch {
    // A container may hide its tasks, or a thread be gone again.
  }
}
