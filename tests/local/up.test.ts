import { existsSync } from "node:fs";
import net from "node:net";
import { chromium } from "playwright-core";
import type { ModuleReport, StatusReport } from "../../local/cli/commands/status";
import { parseEvents, readSome } from "./events";
import { listeningPorts, processesOf } from "./processes";
import { Project } from "./project";

jest.setTimeout(600_000);

const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) =>
  existsSync(file),
);

let project: Project;

beforeAll(async () => {
  project = new Project();
  const { stdout } = await project.succeed("up", "--detach");
  expect(stdout).toMatch(/pulumi up: \d+ created, 0 unchanged/);
  expect(stdout).toMatch(/Page: +http:\/\/127\.0\.0\.1:\d+\//);
});

afterAll(async () => {
  await project.remove();
});

function moduleOf(report: StatusReport, moduleId: string): ModuleReport {
  const found = report.modules.find((module) => module.moduleId === moduleId);
  if (!found) throw new Error(`${moduleId} is not there: ${JSON.stringify(report)}`);
  return found;
}

test("events prints so many messages, one JSON object a line, with people and cars", async () => {
  const outcome = await project.succeed("events", "--json", "--count", "20", "--timeout", "60");
  const events = parseEvents(outcome.stdout);
  expect(events).toHaveLength(20);
  for (const { deviceId, moduleId, properties, contentType } of events) {
    expect({ deviceId, moduleId, properties, contentType }).toEqual({
      deviceId: "edge-device-1",
      moduleId: "camera-module",
      properties: { type: "detections" },
      contentType: "application/json",
    });
  }
  expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(20);
  const labels = new Set(events.flatMap(({ body }) => body.detections.map(({ label }) => label)));
  expect([...labels]).toEqual(expect.arrayContaining(["person", "car"]));
});

test("status shows the modules and the system modules running, and where they answer", async () => {
  const report = await project.status();
  expect(report.state).toBe("running");
  expect(report.modules.map(({ moduleId, type, state, restarts }) => ({ moduleId, type, state, restarts }))).toEqual(
    expect.arrayContaining([
      { moduleId: "edgeAgent", type: "system", state: "running", restarts: 0 },
      { moduleId: "edgeHub", type: "system", state: "running", restarts: 0 },
      { moduleId: "camera-module", type: "custom", state: "running", restarts: 0 },
      { moduleId: "object-detection", type: "custom", state: "running", restarts: 0 },
    ]),
  );
  const inference = await fetch(`http://${moduleOf(report, "object-detection").ports["8885/tcp"] ?? ""}/`);
  expect(await inference.text()).toBe("Computer Vision module listening");
  const table = await project.succeed("status");
  expect(table.stdout).toMatch(/edge-device-1\/camera-module +running +0/);
  expect(table.stdout).toMatch(/IMAGE_PROCESSING_ENDPOINT: http:\/\/object-detection:8885\/image is http:\/\/127/);
});

(browser === undefined ? test.skip : test)("the page shows a frame with boxes, messages and modules", async () => {
  const { page: address } = await project.status();
  const chrome = await chromium.launch({ executablePath: browser ?? "", args: ["--no-sandbox"] });
  try {
    const page = await chrome.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) faults.push(message.text());
    });
    await page.goto(address ?? "");
    await page.locator('#frame[data-boxes]:not([data-boxes="0"])').waitFor({ timeout: 120_000 });
    await page.locator("#messages li").first().waitFor({ timeout: 120_000 });
    expect(await page.textContent("#messages li")).toMatch(/camera-module: .*person/);
    const rows = await page.locator("#modules tr").allTextContents();
    expect(rows.join()).toMatch(/edgeAgentrunning.*edgeHubrunning.*camera-modulerunning.*object-detectionrunning/);
    expect(faults).toEqual([]);
  } finally {
    await chrome.close();
  }
});

test("logs prints what a module said", async () => {
  const { stdout } = await project.succeed("logs", "camera-module");
  expect(stdout).toContain('"msg":"confirmed"');
  const unknown = await project.run("logs", "no-such-module");
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/^edge-vision: There is no log of no-such-module\. Modules here: .*camera-module/);
});

test("a second up changes nothing, and so says preview", async () => {
  const before = await project.status();
  const { stdout } = await project.succeed("up", "--detach");
  expect(stdout).toMatch(/pulumi up: no change/);
  const after = await project.status();
  expect(after.modules.map(({ pid }) => pid)).toEqual(before.modules.map(({ pid }) => pid));
  expect(after.processes.map(({ pid }) => pid)).toEqual(before.processes.map(({ pid }) => pid));
  const preview = await project.succeed("preview");
  expect(preview.stdout).toMatch(/\d+ unchanged/);
  expect(preview.stdout).not.toMatch(/to (create|update|delete|replace)/);
});

test("an edit of a module's source rolls that module and nothing else", async () => {
  const before = await project.status();
  project.prepend("modules/camera-module/main.ts", 'process.title = "edited-camera";\n');
  const { stdout } = await project.succeed("up", "--detach");
  expect(stdout).not.toMatch(/creating|replacing|deleting/);
  const changed = [...stdout.matchAll(/updating (\S+) (\S+)/g)].map(([, type]) => type);
  expect(new Set(changed)).toEqual(new Set(["Image", "DeviceDeployment"]));
  const after = await project.status();
  expect(moduleOf(after, "camera-module").image).not.toBe(moduleOf(before, "camera-module").image);
  expect(moduleOf(after, "camera-module").pid).not.toBe(moduleOf(before, "camera-module").pid);
  for (const field of ["image", "pid", "restarts"] as const) {
    expect(moduleOf(after, "object-detection")[field]).toBe(moduleOf(before, "object-detection")[field]);
  }
  await readSome(project, 3);
});

test("another frame rate changes only the manifest, and the camera follows without a restart of anything", async () => {
  const before = await project.status();
  project.edit("Pulumi.local.yaml", "fps: 5", "fps: 1");
  const { stdout } = await project.succeed("up", "--detach");
  expect(stdout).toMatch(/pulumi up: 1 updated, \d+ unchanged/);
  expect(stdout).toMatch(/updating DeviceDeployment edge-device-1/);
  await project.until("frames come once a second", async () => {
    const times = (await readSome(project, 5)).map(({ body }) => Date.parse(body.at)).sort((a, b) => a - b);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    return Math.min(...gaps) > 800 ? true : undefined;
  });
  const after = await project.status();
  expect(after.modules.map(({ pid, restarts }) => [pid, restarts])).toEqual(
    before.modules.map(({ pid, restarts }) => [pid, restarts]),
  );
});

test("a page port that is in use is refused by name, and what runs goes on", async () => {
  const taken = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as net.AddressInfo;
  const outcome = await project.run("up", "--detach", "--port", String(port));
  taken.close();
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toBe(`edge-vision: Port ${port} is in use: choose another with --port, or leave it out.\n`);
  expect((await project.status()).state).toBe("running");
});

test("down leaves no process and no port, up comes back to the same page, purge leaves nothing", async () => {
  const { page } = await project.status();
  expect(listeningPorts(processesOf(project.root)).length).toBeGreaterThan(5);
  await project.succeed("down");
  expect(processesOf(project.root)).toEqual([]);
  expect(listeningPorts(processesOf(project.root))).toEqual([]);
  const stopped = await project.run("status", "--json");
  expect([stopped.code, JSON.parse(stopped.stdout)]).toMatchObject([1, { state: "stopped" }]);
  const { stdout } = await project.succeed("up", "--detach");
  expect(stdout).toMatch(/pulumi up: no change/);
  expect((await project.status()).page).toBe(page);
  await readSome(project, 1);
  await project.succeed("down", "--purge");
  expect(existsSync(project.at(".edge-vision"))).toBe(false);
  expect(processesOf(project.root)).toEqual([]);
});
