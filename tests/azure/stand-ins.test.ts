import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { readHub } from "@edge-vision/local/dist/hub/directory";
import type { EngineStep } from "../engine-stack";
import { AzureStack } from "./azure-stack";
import { platform, type PlatformArgs } from "./platform";

jest.setTimeout(300_000);

let stack: AzureStack;

beforeAll(async () => {
  stack = await AzureStack.create(platform());
});

afterAll(() => stack.close());

/** The resource files of the local Azure. */
async function files(): Promise<string[]> {
  const entries = await readdir(path.join(stack.state, "azure"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

async function fileOf(kind: string): Promise<string> {
  const found = (await files()).find((file) => file.includes(`/${kind}/`));
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

async function planOf(args: PlatformArgs): Promise<Pick<EngineStep, "op" | "type" | "paths">[]> {
  stack.engine.program = platform(args);
  const steps = await stack.engine.plan();
  return steps
    .map(({ op, type, paths }) => ({ op, type, paths }))
    .sort((a, b) => a.type.localeCompare(b.type) || a.op.localeCompare(b.op));
}

test("one of every type is created, with outputs of the real shape", async () => {
  const { outputs } = await stack.engine.up();
  const plain = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, String(value)]));
  expect(plain).toMatchObject({
    hostName: expect.stringMatching(/^vision[0-9a-f]{8}\.azure-devices\.net$/) as string,
    eventsPath: expect.stringMatching(/^iothub-ehub-vision/) as string,
    principal: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    idScope: expect.stringMatching(/^0ne[0-9A-F]{8}$/) as string,
    loginServer: expect.stringMatching(/^images[0-9a-f]{8}\.azurecr\.io$/) as string,
    blobs: expect.stringMatching(/^https:\/\/vision[0-9a-f]{8}\.blob\.core\.windows\.net\/$/) as string,
    versioning: "true",
    vaultUri: expect.stringMatching(/^https:\/\/secrets[0-9a-f]{8}\.vault\.azure\.net\/$/) as string,
  });
  // Keys of Azure's functions are secrets in what the program makes of them.
  expect(outputs["connectionString"]?.secret).toBe(true);
  expect(outputs["storageKey"]?.secret).toBe(true);
});

test("a second preview is empty, also after a refresh", async () => {
  expect(await planOf({})).toEqual([]);
  const { summary } = await stack.engine.refresh();
  expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
  expect(await planOf({})).toEqual([]);
});

test("the hub process is told about the hub, its policies and consumer groups", async () => {
  const { hostName, connectionString } = await stack.engine.outputs();
  const name = String(hostName?.value).split(".")[0] ?? "";
  const hub = await readHub(path.join(stack.state, "hub"), name);
  expect(hub).toMatchObject({
    hostName: hostName?.value as string,
    partitionCount: 4,
    consumerGroups: ["$Default", "monitor"],
    sku: { name: "S1", capacity: 1 },
  });
  expect(hub?.policies.map(({ keyName }) => keyName)).toEqual([
    "iothubowner",
    "service",
    "device",
    "registryRead",
    "registryReadWrite",
  ]);
  expect(connectionString?.value).toContain(hub?.policies[0]?.primaryKey);
});

describe("a change", () => {
  test("is an update where Azure can do it in place", async () => {
    expect(await planOf({ hubUnits: 2, nodes: 4, retentionInDays: 60 })).toEqual([
      { op: "update", type: "azure-native:iothub:IotHubResource", paths: ["sku.capacity"] },
      {
        op: "update",
        type: "azure-native:machinelearningservices:Compute",
        paths: ["properties.properties.scaleSettings.maxNodeCount"],
      },
      { op: "update", type: "azure-native:operationalinsights:Workspace", paths: ["retentionInDays"] },
    ]);
  });

  test("replaces where Azure cannot, and what depends on the name or id with it", async () => {
    const steps = await planOf({ hierarchical: true });
    const replaced = steps.filter(({ op }) => op === "replace").map(({ type, paths }) => `${type} ${paths.join()}`);
    expect(replaced).toEqual(
      expect.arrayContaining([
        "azure-native:storage:StorageAccount isHnsEnabled",
        "azure-native:storage:BlobContainer accountName",
        "azure-native:machinelearningservices:Workspace storageAccount",
      ]),
    );
    expect(replaced.some((step) => step.includes("iothub"))).toBe(false);
  });

  test("of the region replaces everything that lies in it", async () => {
    const steps = await planOf({ location: "northeurope" });
    expect(steps).toContainEqual({ op: "replace", type: "azure-native:resources:ResourceGroup", paths: ["location"] });
    expect(steps.filter(({ op }) => op === "replace").map(({ type }) => type)).toEqual(
      expect.arrayContaining(["azure-native:iothub:IotHubResource", "azure-native:keyvault:Vault"]),
    );
  });
});

describe("drift", () => {
  test("of a property is found by refresh and repaired by up", async () => {
    const file = await fileOf("iothubs");
    const hub = JSON.parse(await readFile(file, "utf8")) as { inputs: { sku: { capacity: number } } };
    hub.inputs.sku.capacity = 5;
    await writeFile(file, JSON.stringify(hub));
    await stack.engine.refresh();
    expect(await planOf({})).toEqual([
      { op: "update", type: "azure-native:iothub:IotHubResource", paths: ["sku.capacity"] },
    ]);
    await stack.engine.up();
    expect(await planOf({})).toEqual([]);
  });

  test("of a resource that someone deleted is found by refresh and repaired by up", async () => {
    await rm(await fileOf("consumergroups"));
    await stack.engine.refresh();
    expect(await planOf({})).toEqual([
      { op: "create", type: "azure-native:iothub:IotHubResourceEventHubConsumerGroup", paths: [] },
    ]);
    await stack.engine.up();
    expect(await planOf({})).toEqual([]);
  });
});

test("destroy leaves nothing, in Azure and in the hub's directory", async () => {
  await stack.engine.stack.destroy();
  expect(await files()).toEqual([]);
  expect(await readdir(path.join(stack.state, "hub/directory"))).toEqual([]);
});
