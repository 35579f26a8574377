import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Message, ModuleClient, SharedAccessKeyAuthenticationProvider } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { EdgeWorld, deviceId, until, type TestDeployment } from "./edge-world";

jest.setTimeout(240_000);

const routes = { upstream: "FROM /messages/* INTO $upstream" };
const two = (change: Partial<TestDeployment["modules"][string]> = {}): TestDeployment => ({
  routes,
  modules: {
    service: {
      script: "sender.js",
      env: { LIMIT: "1" },
      exposedPorts: ["8885/tcp"],
      desired: { paceMs: 100 },
      ...change,
    },
    user: {
      script: "sender.js",
      env: { LIMIT: "1", SERVICE: "http://service:8885/image" },
      exposedPorts: ["8886/tcp"],
    },
  },
});

let world: EdgeWorld;
let blocker: Server | undefined;

beforeEach(async () => {
  world = await EdgeWorld.start();
});

afterEach(async () => {
  blocker?.close();
  blocker = undefined;
  await world.close();
});

interface Running {
  pid: number;
  port: number;
  restarts: number;
}

async function bothRun(what = "both modules run"): Promise<{ service: Running; user: Running }> {
  const { modules } = await world.statusWhen(what, (status) =>
    ["service", "user"].every((id) => status.modules[id]?.state === "running"),
  );
  const read = (id: string): Running => {
    const { pid = 0, restarts = 0, ports = {} } = modules[id] ?? {};
    return { pid, restarts, port: Number(Object.values(ports)[0]?.split(":")[1]) };
  };
  return { service: read("service"), user: read("user") };
}

/** Ends the module that has the port until the port is taken before the module is back. */
async function takePort(port: number): Promise<void> {
  await until(
    async () => {
      const attempt = createServer().listen(port, "127.0.0.1");
      try {
        await once(attempt, "listening");
      } catch {
        const pid = (await world.status())?.modules.service?.pid;
        if (pid !== undefined && isRunning(pid)) process.kill(pid, "SIGKILL");
        return false;
      }
      blocker = attempt;
      return true;
    },
    () => `port ${port} is free`,
  );
}

/** The environment of a module, as it says by itself. */
async function environmentOf(port: number): Promise<Record<string, string>> {
  let environment: Record<string, string> = {};
  await until(
    async () => {
      try {
        environment = (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as Record<string, string>;
        return true;
      } catch {
        return false;
      }
    },
    () => `something answers on ${port}`,
  );
  return environment;
}

async function reportedBy(moduleId: string): Promise<Record<string, unknown>> {
  const { responseBody: twin } = await world.registry.getModuleTwin(deviceId, moduleId);
  return twin.properties.reported;
}

test("siblings reach each other by name; a changed twin restarts nobody; a changed image rolls one module", async () => {
  await world.deploy(two());
  await world.startRuntime();
  const first = await bothRun();
  expect(await environmentOf(first.user.port)).toMatchObject({
    SERVICE: `http://127.0.0.1:${first.service.port}/image`,
    IOTEDGE_DEVICEID: deviceId,
    IOTEDGE_MODULEID: "user",
  });
  await until(
    async () => (await reportedBy("service")).paceMs === 100,
    () => "the module reports what it was told",
  );

  await world.deploy(two({ desired: { paceMs: 200 } }));
  await until(
    async () => (await reportedBy("service")).paceMs === 200,
    () => "the module reports its new settings",
  );
  expect(await reportedBy("service")).toMatchObject({ pid: first.service.pid });

  // A change that comes while the device is cut off reaches the module when it is back.
  world.network("cut");
  await world.deploy(two({ desired: { paceMs: 300 } }));
  world.network("pass");
  await until(
    async () => (await reportedBy("service")).paceMs === 300,
    () => "the module reports what it missed",
  );
  expect(await bothRun()).toEqual(first);

  await world.deploy(two({ desired: { paceMs: 300 }, revision: 1 }));
  const image = `registry.azurecr.io/service@sha256:${Buffer.from("sender.js-1").toString("hex").padEnd(64, "0")}`;
  await world.statusWhen(
    "the new image runs",
    ({ modules }) => modules.service?.state === "running" && modules.service.image === image,
  );
  const rolled = await bothRun();
  expect(rolled.service.pid).not.toBe(first.service.pid);
  expect(rolled.service.port).toBe(first.service.port);
  expect(rolled.user).toEqual(first.user);
});

test("a module that ends comes back on its port; with the port taken, on another that its sibling learns", async () => {
  await world.deploy(two());
  await world.startRuntime();
  const first = await bothRun();
  process.kill(first.service.pid, "SIGKILL");
  await world.statusWhen(
    "it runs again",
    ({ modules }) => modules.service?.restarts === 1 && modules.service.state === "running",
  );
  const second = await bothRun();
  expect(second.service.port).toBe(first.service.port);
  expect(second.user).toEqual(first.user);

  await takePort(second.service.port);
  await world.statusWhen(
    "both run anew",
    ({ modules }) =>
      modules.service?.state === "running" &&
      modules.service.ports?.["8885/tcp"] !== `127.0.0.1:${second.service.port}` &&
      modules.user?.state === "running" &&
      modules.user.pid !== first.user.pid,
  );
  const third = await bothRun();
  expect(third.service.port).not.toBe(first.service.port);
  expect((await environmentOf(third.user.port)).SERVICE).toBe(`http://127.0.0.1:${third.service.port}/image`);
});

test("an image that is missing fails its own module and tells why; the other one runs", async () => {
  await world.deploy({
    routes,
    modules: { ...two().modules, user: { script: "sender.js", image: `r.azurecr.io/user@sha256:${"0".repeat(64)}` } },
  });
  await world.startRuntime();
  const { modules, deployment } = await world.statusWhen(
    "one runs, one failed",
    (status) => status.modules.service?.state === "running" && status.modules.user?.state === "failed",
  );
  expect(modules.user?.reason).toContain(
    `The image r.azurecr.io/user@sha256:${"0".repeat(64)} is not in the local image store`,
  );
  expect(deployment).toMatchObject({ code: 500 });
  await until(
    async () => ((await reportedBy("$edgeAgent")).lastDesiredStatus as { code?: number } | undefined)?.code === 500,
    () => "the hub knows",
  );
});

test("a module that leaves the deployment is stopped and loses its identity; a stopped one stays known", async () => {
  await world.deploy(two());
  await world.startRuntime();
  await bothRun();
  const { user, ...others } = two().modules;
  expect(user).toBeDefined();
  await world.deploy({ routes, modules: { service: { ...(others.service ?? { script: "" }), status: "stopped" } } });
  const { modules } = await world.statusWhen(
    "one is gone, one is stopped",
    (status) => status.modules.user === undefined && status.modules.service?.state === "stopped",
  );
  expect(modules.service?.pid).toBeUndefined();
  const identities = await world.registry.getModulesOnDevice(deviceId);
  expect(identities.responseBody.map((identity: { moduleId: string }) => identity.moduleId).sort()).toEqual([
    "$edgeAgent",
    "$edgeHub",
    "service",
  ]);
});

test("a deployment that cannot be read changes nothing", async () => {
  await world.deploy(two());
  await world.startRuntime();
  const first = await bothRun();
  await world.deploy({ ...two(), routes: { broken: "FROM nowhere INTO $upstream" } });
  await until(
    async () => ((await reportedBy("$edgeHub")).lastDesiredStatus as { code?: number } | undefined)?.code === 400,
    () => "edgeHub reports the fault",
  );
  expect(await bothRun()).toEqual(first);
});

test("direct methods reach modules and edgeAgent", async () => {
  await world.deploy(two());
  await world.startRuntime();
  const first = await bothRun();
  const client = world.serviceClient();
  const call = { methodName: "echo", payload: { text: "hello" }, responseTimeoutInSeconds: 15 };
  let result: unknown;
  await until(
    async () => {
      try {
        result = (await client.invokeDeviceMethod(deviceId, "service", call)).result as unknown;
        return true;
      } catch {
        return false;
      }
    },
    () => "the module takes methods",
  );
  expect(result).toEqual({ status: 200, payload: { said: { text: "hello" } } });
  const restart = {
    methodName: "RestartModule",
    payload: { schemaVersion: "1.0", id: "service" },
    responseTimeoutInSeconds: 15,
  };
  expect((await client.invokeDeviceMethod(deviceId, "$edgeAgent", restart)).result).toEqual({
    status: 200,
    payload: null,
  });
  const { modules } = await world.statusWhen(
    "it was restarted",
    (status) => status.modules.service?.restarts === 1 && status.modules.service.state === "running",
  );
  expect(modules.service?.pid).not.toBe(first.service.pid);
});

test("edgeHub refuses a token that another key has signed", async () => {
  await world.deploy(two());
  await world.startRuntime();
  await bothRun();
  const status = await world.status();
  const port = status?.modules.edgeHub?.ports?.["8883/tcp"]?.split(":")[1] ?? "";
  const key = Buffer.from("another key, of 32 bytes in all.").toString("base64");
  const provider = SharedAccessKeyAuthenticationProvider.fromConnectionString(
    `HostName=${world.hub.hostName};DeviceId=${deviceId};ModuleId=user;SharedAccessKey=${key};GatewayHostName=localhost:${port}`,
  );
  const client = ModuleClient.fromAuthenticationProvider(provider, Mqtt);
  await client.setOptions({ ca: await readFile(`${world.state}/certificates/ca.pem`, "utf8") });
  await expect(client.sendOutputEvent("output1", new Message("{}"))).rejects.toThrow(/Not authorized/i);
});

test("SIGTERM and a closed stdin leave no process", async () => {
  await world.deploy(two());
  for (const end of [() => world.endRuntime("SIGTERM"), () => world.orphanRuntime()]) {
    await world.startRuntime();
    const { service, user } = await bothRun();
    await end();
    await until(
      () => ![service.pid, user.pid].some(isRunning),
      () => "no module's process is left",
    );
  }
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
