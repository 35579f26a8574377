import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DeviceSetup, setupCommand } from "@edge-vision/infra/dist/components/device-setup";
import * as pulumi from "@pulumi/pulumi";
import { EngineStack } from "../engine-stack";
import { Device, until } from "./device";

jest.setTimeout(600_000);

const toml = (key: string) => `[provisioning]\nsource = "manual"\nconnection_string = "SharedAccessKey=${key}"\n`;
const names = { x64: "amd64", arm64: "arm64v8", arm: "arm32v7" } as const;
const architecture = names[process.arch as keyof typeof names];

interface Settings {
  configToml: string;
  hostKey: string;
}

let device: Device;
let stack: EngineStack;
let state: string;
let settings: Settings;

function setUp(name: string, { port, privateKey }: Device, { configToml, hostKey }: Settings): DeviceSetup {
  return new DeviceSetup(name, {
    ...{ host: "127.0.0.1", port, user: "pi", hostKey, privateKey },
    architecture,
    cameraSource: "rtsp://camera/1",
    configToml: pulumi.secret(configToml),
  });
}

function inStack(program: pulumi.automation.PulumiFn): Promise<EngineStack> {
  return EngineStack.create({ program, azure: state });
}

/** Whether an installation is under way. */
const isInstalling = async (on: Device) => (await on.read("var/lib/dpkg/status")).includes("Package: moby-engine");

beforeAll(async () => {
  device = await Device.start();
  state = await mkdtemp(path.join(tmpdir(), "edge-vision-setup-"));
  settings = { configToml: toml("first-secret"), hostKey: device.hostKey };
  stack = await inStack(() => Promise.resolve({ log: setUp("device", device, settings).log }));
});

afterAll(async () => {
  await stack.close();
  await device.close();
  await rm(state, { recursive: true, force: true });
});

test("first run: packages in order, the configuration for root's eyes only, applied once", async () => {
  const { outputs, stdout } = await stack.up();
  for (const name of ["moby-engine", "aziot-identity-service", "aziot-edge"]) {
    expect([name, await device.has(name)]).toEqual([name, true]);
  }
  expect(await device.read("etc/aziot/config.toml")).toBe(settings.configToml);
  expect(await device.modeOf("etc/aziot/config.toml")).toBe("600");
  expect(await device.calls()).toEqual(["iotedge config apply", "iotedge check"]);
  expect(`${stdout}${String(outputs["log"]?.value)}${await stack.storedState()}`).not.toContain("first-secret");
  expect(await stack.plan()).toEqual([]);
});

test("second run: nothing is done", async () => {
  const said = await device.ssh(setupCommand("install", architecture, "rtsp"), settings.configToml);
  expect(said.split("\n").filter((line) => line.startsWith("edge-vision:"))).toEqual(["edge-vision: done"]);
  expect(await device.calls()).toEqual(["iotedge check"]);
});

test("another configuration is written and applied, and nothing is installed for it", async () => {
  settings.configToml = toml("second-secret");
  expect((await stack.plan()).map(({ op, paths }) => `${op} ${paths.join(", ")}`)).toEqual(["update stdin"]);
  const { stdout } = await stack.up();
  expect(await device.read("etc/aziot/config.toml")).toBe(settings.configToml);
  expect(await device.calls()).toEqual(["iotedge config apply", "iotedge check"]);
  expect(stdout).not.toContain("installed");
  expect(stdout).not.toContain("second-secret");
});

test("a machine with another host key is told nothing", async () => {
  const key = path.join(state, "other");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
  settings = { configToml: toml("third-secret"), hostKey: execFileSync("ssh-keygen", ["-y", "-f", key]).toString() };
  await expect(stack.up()).rejects.toThrow("127.0.0.1 has another host key than connection.hostKey says.");
  expect(await device.calls()).toEqual([]);
  expect(await device.read("etc/aziot/config.toml")).toBe(toml("second-secret"));
});

test("a connection that breaks in the middle of an installation is mended by the next run", async () => {
  await device.reset();
  await device.slow(true);
  settings = { configToml: toml("fourth-secret"), hostKey: device.hostKey };
  const broken = expect(stack.up()).rejects.toThrow("The connection to 127.0.0.1 broke while a command ran.");
  await until(() => isInstalling(device));
  await device.cut();
  await broken;
  expect(await device.read("etc/aziot/config.toml")).toBe("");

  const again = stack.up();
  await device.slow(false);
  await again;
  expect(await device.has("aziot-edge")).toBe(true);
  expect(await device.read("etc/aziot/config.toml")).toBe(settings.configToml);
  expect((await device.calls()).filter((call) => call === "iotedge config apply")).toHaveLength(1);
  expect(await stack.plan()).toEqual([]);
});

test("a device that reboots in the middle is waited for, and what it had begun is finished", async () => {
  await device.reset();
  await device.slow(true);
  settings = { configToml: toml("fifth-secret"), hostKey: device.hostKey };
  const broken = expect(stack.up()).rejects.toThrow("The connection to 127.0.0.1 broke while a command ran.");
  await until(() => isInstalling(device));
  await device.powerOff();
  await broken;
  await device.slow(false);
  expect(await device.has("moby-engine")).toBe(false);

  const again = stack.up();
  await device.powerOnWhenMissed();
  await again;
  expect([await device.has("moby-engine"), await device.has("aziot-edge")]).toEqual([true, true]);
  expect(await device.read("etc/aziot/config.toml")).toBe(settings.configToml);
  expect((await device.calls()).filter((call) => call === "iotedge config apply")).toHaveLength(1);
  expect(await stack.plan()).toEqual([]);
});

test("several devices are set up side by side", async () => {
  const devices = await Promise.all([Device.start(), Device.start()]);
  const names = ["first", "second"] as const;
  const both = await inStack(() => {
    devices.forEach((each, index) => {
      setUp(String(names[index]), each, { configToml: toml(`${names[index]}-secret`), hostKey: each.hostKey });
    });
    return Promise.resolve({});
  });
  try {
    await Promise.all(devices.map((each) => each.slow(true)));
    const up = both.up();
    // Neither is done before both have begun.
    await until(async () => (await Promise.all(devices.map(isInstalling))).every(Boolean));
    await Promise.all(devices.map((each) => each.slow(false)));
    await up;
    const written = await Promise.all(devices.map((each) => each.read("etc/aziot/config.toml")));
    expect(written).toEqual(names.map((name) => toml(`${name}-secret`)));
    await both.stack.destroy();
  } finally {
    await both.close();
    await Promise.all(devices.map((each) => each.close()));
  }
});

test("delete stops the runtime, removes its modules and its key, and leaves the packages", async () => {
  await stack.stack.destroy({ color: "never" });
  const calls = await device.calls();
  expect(calls[0]).toBe("iotedge system stop");
  expect(calls[1]).toMatch(/^docker ps .*owner=Microsoft\.Azure\.Devices\.Edge\.Agent$/);
  expect(await device.read("etc/aziot/config.toml")).toBe("");
  expect(await device.has("aziot-edge")).toBe(true);
});
