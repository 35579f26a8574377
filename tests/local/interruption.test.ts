import { processesOf } from "./processes";
import { Project } from "./project";
import { readSome } from "./events";

jest.setTimeout(600_000);

let project: Project;

beforeAll(() => {
  project = new Project();
});

afterAll(async () => {
  await project.remove();
});

type Target = "process" | "group";

/** Starts `up`, waits for a line of its progress and interrupts it, as a shell does (group) or a script (process). */
async function interrupt(line: string, signal: NodeJS.Signals, target: Target): Promise<void> {
  const running = project.start("up");
  const pid = running.child.pid ?? 0;
  let over = false as boolean;
  void running.ended.then(() => (over = true));
  await project.until(`up says ${line}`, () => (over || running.text().includes(line) ? true : undefined));
  if (!over) process.kill(target === "group" ? -pid : pid, signal);
  const outcome = await running.ended;
  const expected = signal === "SIGINT" ? 130 : 143;
  if (outcome.code !== expected) {
    throw new Error(`expected exit code ${expected}\n${outcome.stdout}\n${outcome.stderr}\n${project.diagnosis()}`);
  }
  expect(outcome.stderr).toBe("");
  await project.until("nothing is left running", () => (processesOf(project.root).length === 0 ? true : undefined));
}

// In this order: the first ones meet an empty world, the later ones what the earlier ones left.
test.each<[string, NodeJS.Signals, Target]>([
  ["Hub…", "SIGINT", "group"],
  ["pulumi up…", "SIGINT", "process"],
  ["creating IotHubResource", "SIGINT", "group"],
  ["creating DeviceIdentity", "SIGTERM", "process"],
  ["creating Image", "SIGINT", "process"],
  ["Edge runtime and page…", "SIGINT", "group"],
  ["Modules…", "SIGINT", "process"],
  ["Press Ctrl-C to stop.", "SIGINT", "group"],
  ["Configuration…", "SIGINT", "process"],
  ["Engine…", "SIGTERM", "group"],
])(
  "interrupted at “%s” by %s to its %s, up ends as interrupted and leaves nothing running",
  async (line, signal, target) => {
    await interrupt(line, signal, target);
  },
);

test("after a kill -9 of everything in the middle of pulumi up, the next up succeeds", async () => {
  await project.succeed("down", "--purge");
  const running = project.start("up", "--detach");
  await project.until("the hub is being created", () =>
    running.text().includes("creating DeviceIdentity") ? true : undefined,
  );
  for (const { pid } of processesOf(project.root)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended with another one.
    }
  }
  await running.ended;
  await project.succeed("up", "--detach");
  await readSome(project, 1);
});

test("two commands do not change a project at the same time", async () => {
  const first = project.start("up", "--detach");
  await project.until("the first one works", () => (first.text().includes("pulumi up…") ? true : undefined));
  const second = await project.run("up", "--detach");
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/^edge-vision: Another edge-vision command \(process \d+\) is changing this project/);
  expect((await first.ended).code).toBe(0);
});
