import { readFileSync } from "node:fs";
import type { StatusReport } from "../../local/cli/commands/status";
import { flowsAgain, parseEvents, readSome } from "./events";
import { processesOf } from "./processes";
import { Project } from "./project";

jest.setTimeout(600_000);

let project: Project;

beforeAll(async () => {
  project = new Project();
  await project.succeed("up", "--detach");
  await readSome(project, 3);
});

afterAll(async () => {
  await project.remove();
});

interface Part {
  pid?: number;
  state: string;
  restarts: number;
  lastExit?: { signal: string | null };
}

const victims: [string, (report: StatusReport) => Part | undefined][] = [
  ["the camera", ({ modules }) => modules.find(({ moduleId }) => moduleId === "camera-module")],
  ["the inference", ({ modules }) => modules.find(({ moduleId }) => moduleId === "object-detection")],
  ["the edge runtime", ({ processes }) => processes.find(({ name }) => name === "edge-edge-device-1")],
  ["the hub", ({ processes }) => processes.find(({ name }) => name === "hub")],
  ["the page", ({ processes }) => processes.find(({ name }) => name === "monitor")],
];

test.each(victims)("after a kill -9 of %s messages flow again and status tells what happened", async (_name, part) => {
  const before = part(await project.status());
  const killed = new Date();
  process.kill(before?.pid ?? 0, "SIGKILL");
  await flowsAgain(project, killed);
  const after = await project.until("it runs again", async () => {
    const now = part(await project.status());
    return now?.state === "running" && now.pid !== before?.pid ? now : undefined;
  });
  expect(after).toMatchObject({ restarts: (before?.restarts ?? 0) + 1, lastExit: { signal: "SIGKILL" } });
});

test("every message that the camera got a confirmation for is in the hub", async () => {
  const log = readFileSync(project.at(".edge-vision/edge/edge-device-1/logs/camera-module.log"), "utf8");
  const confirmed = [...log.matchAll(/"messageId":"([^"]+)"[^\n]*"msg":"confirmed"/g)].map(([, id]) => id ?? "");
  expect(confirmed.length).toBeGreaterThan(10);
  await project.until("all confirmed messages are in the hub", async () => {
    const { stdout } = await project.succeed("events", "--json", "--since", "2020-01-01", "--timeout", "15");
    const arrived = new Set(parseEvents(stdout).map(({ messageId }) => messageId));
    return confirmed.every((id) => arrived.has(id)) ? true : undefined;
  });
});

test("after a kill -9 of everything the next up works", async () => {
  for (const { pid } of processesOf(project.root)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended with another one.
    }
  }
  await project.until("everything has ended", () => (processesOf(project.root).length === 0 ? true : undefined));
  expect((await project.run("status")).code).toBe(1);
  const restarted = new Date();
  const { stdout } = await project.succeed("up", "--detach");
  expect(stdout).toMatch(/pulumi up: no change/);
  await flowsAgain(project, restarted);
});
