import { EdgeWorld, deviceId, linesOf, until } from "./edge-world";

jest.setTimeout(180_000);

const upstream = "FROM /messages/modules/sender/outputs/output1 INTO $upstream";
const toReceiver = 'FROM /messages/modules/sender/* INTO BrokeredEndpoint("/modules/receiver/inputs/numbers")';
const data = { createOptions: { HostConfig: { Binds: ["data:/data"] } } };

let world: EdgeWorld;

beforeEach(async () => {
  world = await EdgeWorld.start();
});

afterEach(async () => {
  await world.close();
});

test("a deployment runs: messages reach the hub and a sibling, in order", async () => {
  await world.deploy({
    modules: {
      sender: { script: "sender.js", env: { LIMIT: "50" }, exposedPorts: ["8080/tcp"] },
      receiver: { script: "receiver.js", env: { RECEIVED: "/data/received" }, ...data },
    },
    routes: { upstream, toReceiver },
  });
  await world.startRuntime();
  await world.statusWhen("both modules run", ({ modules }) =>
    ["sender", "receiver"].every((id) => modules[id]?.state === "running"),
  );
  await world.read();
  const expected = Array.from({ length: 50 }, (_, index) => index + 1);
  await until(
    () => world.numbers("sender").length === 50,
    () => `50 messages in the hub, ${world.arrived.length} now`,
  );
  expect(world.numbers("sender")).toEqual(expected);
  expect(world.arrived[0]?.properties).toMatchObject({ type: "number" });

  const file = `${world.volume("data")}/received`;
  await until(
    async () => (await linesOf(file)).length >= 50,
    () => "50 messages at the receiver",
  );
  const received = (await linesOf(file)).map((line) => JSON.parse(line) as { number: number });
  expect(received.map(({ number }) => number)).toEqual(expected);
  expect(received[0]).toEqual({ input: "numbers", number: 1, type: "number", id: "m-1" });

  const { responseBody: agent } = await world.registry
    .getTwin(deviceId)
    .then(() => world.registry.getModuleTwin(deviceId, "$edgeAgent"));
  expect(agent.properties.reported).toMatchObject({
    lastDesiredStatus: { code: 200, description: "" },
    systemModules: { edgeAgent: { runtimeStatus: "running" }, edgeHub: { runtimeStatus: "running" } },
    modules: { sender: { runtimeStatus: "running", restartCount: 0 }, receiver: { runtimeStatus: "running" } },
  });
});
