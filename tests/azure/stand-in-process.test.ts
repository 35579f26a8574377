import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { StandIns } from "@edge-vision/local/dist/azure/stand-ins/stand-ins";

jest.setTimeout(60_000);

const executable = (name: string) => path.join(StandIns.executables, `pulumi-resource-${name}`);
let folder: string;
let standIns: StandIns;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "edge-vision-stand-ins-"));
  standIns = StandIns.start(folder, folder);
});

afterEach(async () => {
  await standIns.stop();
  await rm(folder, { recursive: true, force: true });
});

/** An engine in the place of Pulumi's: starts a provider's executable and is told its port. */
async function engine(name: string): Promise<{ process: ChildProcess; port: number }> {
  const process = spawn("bash", ["-c", `"${executable(name)}" 127.0.0.1:1 & wait`], {
    env: { PATH: "/usr/bin:/bin", ...(await standIns.environment()) },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const [line] = (await once(createInterface({ input: process.stdout as NodeJS.ReadableStream }), "line")) as [string];
  return { process, port: Number(line) };
}

async function listens(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  const answer = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "error").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return answer;
}

async function untilClosed(port: number): Promise<void> {
  while (await listens(port)) await wait(50);
}

test.each(["azure-native", "command", "docker"])("%s has a port of its own for each engine", async (name) => {
  const engines = await Promise.all([engine(name), engine(name)]);
  const ports = engines.map(({ port }) => port);
  expect(new Set(ports).size).toBe(2);
  expect(await Promise.all(ports.map(listens))).toEqual([true, true]);
  for (const { process } of engines) globalThis.process.kill(-(process.pid as number), "SIGINT");
  await Promise.all(ports.map(untilClosed));
});

test("an engine that is killed leaves neither its providers nor their process", async () => {
  const { process, port } = await engine("docker");
  process.kill("SIGKILL");
  await untilClosed(port);
  await standIns.stop();
});

test("an engine that outlives its command keeps its providers to the end", async () => {
  const { process, port } = await engine("azure-native");
  let stopped = false as boolean;
  const stopping = standIns.stop().then(() => (stopped = true));
  await wait(300);
  expect([await listens(port), stopped]).toEqual([true, false]);
  globalThis.process.kill(-(process.pid as number), "SIGINT");
  await stopping;
});

test("by hand, an executable says who starts it", () => {
  const { status, stderr } = spawnSync(executable("docker"), { env: { PATH: "/usr/bin:/bin" }, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    2,
    "EDGE_VISION_STAND_INS is not set: this stand-in is started by edge-vision, not by hand.\n",
  ]);
});
