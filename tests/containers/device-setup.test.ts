import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DeviceSetup, setupCommand } from "@edge-vision/infra/dist/components/device-setup";
import * as pulumi from "@pulumi/pulumi";
import { EngineStack } from "../engine-stack";
import { Device, until } from "./device";

jest.setTimeout(600_000);

const standIns = path.resolve(__dirname, "../../local/azure/bin");
const toml = (key: string) => `[provisioning]\nsource = "manual"\nconnection_string = "SharedAccessKey=${key}"\n`;
const names = { x64: "amd64", arm64: "arm64v8", arm: "arm32v7" } as const;
const architecture = names[process.arch as keyof typeof names];

let device: Device;
let stack: EngineStack;
let state: string;
let settings: { configToml: string; hostKey: string };

beforeAll(async () => {
  device = await Device.start();
  state = await mkdtemp(path.join(tmpdir(), "edge-vision-setup-"));
  settings = { configToml: toml("first-secret"), hostKey: device.hostKey };
  stack = await EngineStack.create({
    program: () => {
      const { port, privateKey } = device;
      const configToml = pulumi.secret(settings.configToml);
      const reached = { host: "127.0.0.1", port, user: "pi", hostKey: settings.hostKey, privateKey };
      const setup = new DeviceSetup("device", {
        ...reached,
        architecture,
        cameraSource: "rtsp://camera/1",
        configToml,
      });
      return Promise.resolve({ log: setup.log });
    },
    path: [standIns, path.dirname(process.execPath)],
    env: { EDGE_VISION_STATE: state },
  });
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
  await until(async () => (await device.read("var/lib/dpkg/status")).includes("Package: moby-engine"));
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

test("delete stops the runtime, removes its modules and its key, and leaves the packages", async () => {
  await stack.stack.destroy({ color: "never" });
  const calls = await device.calls();
  expect(calls[0]).toBe("iotedge system stop");
  expect(calls[1]).toMatch(/^docker ps .*owner=Microsoft\.Azure\.Devices\.Edge\.Agent$/);
  expect(await device.read("etc/aziot/config.toml")).toBe("");
  expect(await device.has("aziot-edge")).toBe(true);
});
