import path from "node:path";
import { DeviceIdentity, type DeviceIdentityArgs, Provider } from "@edge-vision/iotedge";
import { EngineStack } from "../engine-stack";
import { LocalHub } from "./local-hub";

jest.setTimeout(240_000);

const providers = [{ name: "iotedge", path: path.resolve(__dirname, "../../provider/bin") }];
let hub: LocalHub;
let stack: EngineStack;

function program(args: DeviceIdentityArgs) {
  return () => {
    const provider = new Provider("hub", { connectionString: hub.connectionString, endpoint: hub.endpoint });
    const device = new DeviceIdentity("camera", args, { provider });
    return Promise.resolve({
      connectionString: device.connectionString,
      generationId: device.generationId,
      scope: device.deviceScope,
    });
  };
}

beforeAll(async () => {
  hub = await LocalHub.start();
  stack = await EngineStack.create({ program: program({ deviceId: "camera-1" }), providers });
});

afterAll(async () => {
  await stack.close();
  await hub.close();
});

test("is created, unchanged, updated", async () => {
  const first = await stack.up();
  expect(first.outputs["connectionString"]?.value).toMatch(
    /^HostName=test-hub\.azure-devices\.net;DeviceId=camera-1;SharedAccessKey=/,
  );
  expect(await stack.plan()).toEqual([]);
  stack.program = program({ deviceId: "camera-1", tags: { site: { name: "a" } } });
  expect(await stack.plan()).toMatchObject([{ op: "update", paths: ["tags"] }]);
  await stack.up();
  expect(await stack.plan()).toEqual([]);
});
