import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";

/** Whose work is measured, and who makes it work: each a core, where there are two and Linux's `taskset`. */
const cores = { server: "0", load: "1" } as const;

/** Whether the process was bound, with all of its threads and what it will start. */
export function bindToCore(role: keyof typeof cores, pid = process.pid): boolean {
  if (availableParallelism() < 2 || process.platform !== "linux") return false;
  try {
    execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", cores[role], `${pid}`], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

export function describeMachine(): string {
  const [first] = cpus();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} × ${first?.model.trim()}, ${gibibytes} GiB, ${process.platform} ${process.arch}, Node ${process.version}`;
}
