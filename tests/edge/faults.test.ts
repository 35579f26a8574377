import { setTimeout as sleep } from "node:timers/promises";
import { EdgeWorld, linesOf, until } from "./edge-world";

jest.setTimeout(240_000);

const routes = { upstream: "FROM /messages/modules/sender/outputs/output1 INTO $upstream" };
const modules = {
  sender: {
    script: "sender.js",
    env: { CONFIRMED: "/data/confirmed", PACE_MS: "10" },
    createOptions: { HostConfig: { Binds: ["data:/data"] } },
  },
};

let world: EdgeWorld;

beforeEach(async () => {
  world = await EdgeWorld.start();
  await world.deploy({ modules, routes });
  await world.startRuntime();
  await untilConfirmed(20);
});

afterEach(async () => {
  await world.close();
});

async function confirmed(): Promise<number[]> {
  return (await linesOf(`${world.volume("data")}/confirmed`)).map(Number);
}

async function untilConfirmed(count: number): Promise<void> {
  await until(
    async () => (await confirmed()).length >= count,
    () => `${count} confirmed messages`,
  );
}

/** The heart of each test: what the module got a confirmation for is in the hub, in order, and stays there. */
async function expectNothingLost(): Promise<void> {
  const more = (await confirmed()).length + 20;
  await untilConfirmed(more);
  const numbers = await confirmed();
  await world.read();
  await until(
    () => {
      const arrived = new Set(world.numbers("sender"));
      return numbers.every((number) => arrived.has(number));
    },
    () => {
      const arrived = new Set(world.numbers("sender"));
      return `all of ${numbers.length} in the hub; missing: ${numbers.filter((number) => !arrived.has(number)).join(" ")}`;
    },
  );
  const arrived = world.numbers("sender");
  // Each partition keeps its order, and a module's messages are in one.
  expect(arrived).toEqual([...arrived].sort((a, b) => a - b));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("kill -9 of the runtime: its modules end, and the next runtime loses nothing", async () => {
  const { modules: running } = await world.statusWhen(
    "the sender runs",
    (status) => status.modules.sender?.pid !== undefined,
  );
  const pid = running.sender?.pid ?? 0;
  await world.endRuntime("SIGKILL");
  await until(
    () => !isRunning(pid),
    () => "the module's process has ended",
  );
  await world.startRuntime();
  await expectNothingLost();
});

test("kill -9 of the hub and the module", async () => {
  const { modules: running } = await world.statusWhen(
    "the sender runs",
    (status) => status.modules.sender?.pid !== undefined,
  );
  await world.hub.end("SIGKILL");
  process.kill(running.sender?.pid ?? 0, "SIGKILL");
  await untilConfirmed((await confirmed()).length + 50);
  await world.hub.start();
  await expectNothingLost();
  const { modules: after } = await world.statusWhen(
    "the sender runs again",
    (status) => status.modules.sender?.state === "running",
  );
  expect(after.sender).toMatchObject({ restarts: 1, lastExit: { code: null, signal: "SIGKILL" } });
});

test("cut off from the hub, modules go on and lose nothing", async () => {
  world.network("cut");
  await untilConfirmed((await confirmed()).length + 300);
  const { edgeHub } = await world.statusWhen("messages wait", (status) => status.edgeHub.queued >= 300);
  expect(edgeHub.queued).toBeGreaterThanOrEqual(300);
  world.network("pass");
  await expectNothingLost();
  await world.statusWhen("all are delivered", ({ edgeHub: { delivered } }) => delivered > 300);
});

test("a hub that accepts and says nothing", async () => {
  world.network("silent");
  await untilConfirmed((await confirmed()).length + 100);
  await world.statusWhen("the runtime knows that the hub is gone", (status) => status.edgeHub.queued >= 100);
  await sleep(1000);
  world.network("pass");
  await expectNothingLost();
});

test("without the hub the last deployment runs, and what it sends is delivered later", async () => {
  world.network("cut");
  await world.endRuntime("SIGKILL");
  const before = (await confirmed()).length;
  await world.startRuntime();
  await untilConfirmed(before + 20);
  world.network("pass");
  await expectNothingLost();
});
