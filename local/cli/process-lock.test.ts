import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import { identityOf, isRunning } from "./process-identity";
import { takeLock } from "./process-lock";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "lock-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("a lock is held until it is released", () => {
  const file = path.join(folder, "deep", "up.lock");
  const lock = takeLock(file);
  expect(takeLock(file)).toEqual({ holder: identityOf(process.pid) });
  if ("release" in lock) lock.release();
  expect(existsSync(file)).toBe(false);
  expect(takeLock(file)).toHaveProperty("release");
});

test("a lock of a process that was killed is taken at once", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const identity = identityOf(child.pid ?? 0);
  expect(identity && isRunning(identity)).toBe(true);
  const file = path.join(folder, "up.lock");
  writeFileSync(file, JSON.stringify(identity));
  expect(takeLock(file)).toEqual({ holder: identity });
  child.kill("SIGKILL");
  await once(child, "close");
  expect(takeLock(file)).toHaveProperty("release");
});

test.each([
  ["another process with the same id", JSON.stringify({ pid: process.pid, started: "1" })],
  ["a file that was cut off", '{"pid":'],
])("%s does not hold the lock", (_name, content) => {
  const file = path.join(folder, "up.lock");
  writeFileSync(file, content);
  expect(takeLock(file)).toHaveProperty("release");
});
