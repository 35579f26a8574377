import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessSpec } from "./protocol";
import { Supervisor } from "./supervisor";

const script = `
const [mode] = process.argv.slice(2);
if (mode === "broken") { console.error("port 1 is in use"); process.exit(1); }
const server = require("node:net").createServer().listen(0, "127.0.0.1", () =>
  console.log(JSON.stringify({ ready: true, ports: { tcp: server.address().port } })));
console.error("hello from " + process.env.GREETING);
process.stdin.resume().once("end", () => process.exit(0));
if (mode === "stubborn") process.on("SIGTERM", () => {});
`;

let folder: string;
let supervisor: Supervisor;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "supervisor-"));
  writeFileSync(path.join(folder, "service.js"), script);
  supervisor = new Supervisor(folder, { backoff: 20, longestBackoff: 100, ready: 20_000, end: 500 });
});

afterEach(async () => {
  await supervisor.end();
  rmSync(folder, { recursive: true, force: true });
});

function spec(name: string, mode = "", greeting = "world"): ProcessSpec {
  return { name, script: path.join(folder, "service.js"), args: [mode], env: { GREETING: greeting } };
}

async function until<T>(what: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = what();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain; ${JSON.stringify(supervisor.status())}`);
    await sleep(20);
  }
}

function alive(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
    return true;
  } catch {
    return false;
  }
}

test("a process is started with its environment, its ports are known and its log is written", async () => {
  const { process: started } = await supervisor.start(spec("service"));
  expect(started).toMatchObject({ name: "service", state: "running", restarts: 0 });
  expect(started.ports["tcp"]).toBeGreaterThan(0);
  await until(() => (readFileSync(started.log, "utf8") === "hello from world\n" ? true : undefined));
});

test("the same settings again leave it alone, other settings replace it", async () => {
  const first = await supervisor.start(spec("service"));
  const second = await supervisor.start(spec("service"));
  expect(second).toMatchObject({ started: false, process: { pid: first.process.pid } });
  const third = await supervisor.start(spec("service", "", "moon"));
  expect(third.started).toBe(true);
  expect(third.process.pid).not.toBe(first.process.pid);
  expect(alive(first.process.pid)).toBe(false);
});

test("a killed process is started again, and the status says how often and why", async () => {
  const { process: first } = await supervisor.start(spec("service"));
  for (let kill = 1; kill <= 3; kill += 1) {
    const pid = await until(() => supervisor.status().processes.find(({ state }) => state === "running")?.pid);
    process.kill(pid, "SIGKILL");
    await until(() => supervisor.status().processes.find((one) => one.state === "running" && one.restarts === kill));
  }
  const [status] = supervisor.status().processes;
  expect(status).toMatchObject({ restarts: 3, lastExit: { code: null, signal: "SIGKILL" } });
  expect(status?.pid).not.toBe(first.pid);
});

test("a process that cannot start is reported with what it said, and not kept", async () => {
  await expect(supervisor.start(spec("service", "broken"))).rejects.toThrow(
    /^service cannot be started: port 1 is in use \(its log: .*service.log\)$/,
  );
  expect(supervisor.status().processes).toEqual([]);
});

test("ending leaves nothing, not even a process that ignores SIGTERM", async () => {
  const [calm, stubborn] = await Promise.all([
    supervisor.start(spec("calm")),
    supervisor.start(spec("stubborn", "stubborn")),
  ]);
  await supervisor.end();
  expect([alive(calm.process.pid), alive(stubborn.process.pid)]).toEqual([false, false]);
});
