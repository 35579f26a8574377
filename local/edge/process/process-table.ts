import { setTimeout as sleep } from "node:timers/promises";
import writeFileAtomic from "write-file-atomic";
import { readJson } from "../files";
import { processStartTime, signalGroup } from "./process-info";

/** One module's process as it is written down, so that a later runtime can find it. */
interface ProcessRecord {
  moduleId: string;
  pid: number;
  startTime: string;
}

const defaultGraceMs = 10_000;
const pollMs = 50;

/** The processes that this runtime started, on disk. */
export class ProcessTable {
  private readonly records = new Map<string, ProcessRecord>();

  constructor(private readonly file: string) {}

  async add(moduleId: string, pid: number): Promise<void> {
    const startTime = await processStartTime(pid);
    // It has ended already.
    if (startTime === undefined) return;
    this.records.set(moduleId, { moduleId, pid, startTime });
    this.write();
  }

  remove(moduleId: string, pid: number): void {
    if (this.records.get(moduleId)?.pid !== pid) return;
    this.records.delete(moduleId);
    this.write();
  }

  private write(): void {
    writeFileAtomic.sync(this.file, `${JSON.stringify([...this.records.values()])}\n`);
  }
}

/**
 * Ends what an earlier runtime, killed before it could clean up, left running: first asked to, killed after 10 s.
 *
 * @returns the ids of the modules that were still running
 */
export async function endOrphans(file: string, graceMs = defaultGraceMs): Promise<string[]> {
  const records = ((await readJson(file)) ?? []) as ProcessRecord[];
  const alive = await selectAlive(records);
  for (const { pid } of alive) signalGroup(pid, "SIGTERM");
  const deadline = Date.now() + graceMs;
  let left = alive;
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(pollMs);
    left = await selectAlive(left);
  }
  // A leader that has ended may have left children in its group: they are killed too.
  for (const { pid } of alive) signalGroup(pid, "SIGKILL");
  return alive.map(({ moduleId }) => moduleId);
}

async function selectAlive(records: readonly ProcessRecord[]): Promise<ProcessRecord[]> {
  const times = await Promise.all(records.map(({ pid }) => processStartTime(pid)));
  return records.filter(({ startTime }, index) => times[index] === startTime);
}
