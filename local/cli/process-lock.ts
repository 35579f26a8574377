import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity";

/**
 * Takes a lock that ends with its holder: the file names the process, so that a lock that a killed process left is
 * recognised at once instead of after a waiting time.
 *
 * @returns what releases it, or the holder when another process has it
 */
export function takeLock(file: string): { release: () => void } | { holder: ProcessIdentity } {
  const self = identityOf(process.pid);
  if (!self) throw new Error("this process has no identity");
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const mine = `${file}.${randomUUID()}`;
  writeFileSync(mine, JSON.stringify(self), { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A link fails when the name is taken, and its content is whole from the first moment.
        linkSync(mine, file);
        return {
          release: () => {
            rmSync(file, { force: true });
          },
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = holderOf(file);
      if (holder && isRunning(holder)) return { holder };
      discard(file, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

// Another process may have discarded the same stale lock and taken its own in the meantime: that one is put back.
function discard(file: string, stale: ProcessIdentity | undefined): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const taken = holderOf(aside);
  if (taken && (taken.pid !== stale?.pid || taken.started !== stale.started) && isRunning(taken)) linkSync(aside, file);
  rmSync(aside, { force: true });
}

function holderOf(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
