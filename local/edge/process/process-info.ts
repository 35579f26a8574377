import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * When a process was started, in the system's own words: together with the process id it names one process for ever, as
 * ids are used again. Nothing when there is no such process or it is a zombie.
 */
export async function processStartTime(pid: number): Promise<string | undefined> {
  try {
    return startTimeFromStat(await readFile(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // No such process, or a system without /proc.
  }
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    const [state = "", ...started] = stdout.trim().split(/\s+/);
    return started.length === 0 || state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
  }
}

/** Field 22 of proc(5)'s stat; the command's name, which may hold spaces and brackets, stands before the last bracket. */
export function startTimeFromStat(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}

/** Sends a signal to a process group, and to the leader alone where there is no group. Gone already is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
