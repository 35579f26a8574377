import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { secret, unknown, type Provider, type PropertyMap } from "@edge-vision/iotedge/kit";
import { readHub } from "../../hub/directory";
import { ResourceStore } from "../arm/resource-store";
import { azureNative } from "./provider";

let state: string;
let provider: Provider;

beforeEach(async () => {
  state = await mkdtemp(path.join(tmpdir(), "azure-native-"));
  provider = azureNative(state);
});

afterEach(() => rm(state, { recursive: true, force: true }));

function call(token: string, name: string) {
  const log = (): void => undefined;
  return { urn: `urn:pulumi:dev::test::${token}::${name}`, name, token, signal: new AbortController().signal, log };
}

function resourceOf(token: string) {
  const resource = provider.resource(token);
  if (resource?.check === undefined || resource.update === undefined || resource.diff === undefined) {
    throw new Error(`no ${token}`);
  }
  return resource as Required<typeof resource>;
}

function check(token: string, news: PropertyMap, olds?: PropertyMap, name = "thing") {
  return resourceOf(token).check({
    ...call(token, name),
    olds,
    news,
    randomSeed: Buffer.from("seed"),
    autonaming: undefined,
  });
}

async function faults(token: string, news: PropertyMap): Promise<string[]> {
  const { failures } = await check(token, { location: "westeurope", resourceGroupName: "vision", ...news });
  return failures.map(({ property, reason }) => `${property}: ${reason}`);
}

async function create(token: string, news: PropertyMap, name = "thing") {
  const { inputs, failures } = await check(token, news, undefined, name);
  expect(failures).toEqual([]);
  const made = await resourceOf(token).create({ ...call(token, name), inputs });
  return { id: made.id, inputs, outputs: made.outputs as PropertyMap };
}

async function update(
  token: string,
  made: { id: string; inputs: PropertyMap; outputs: PropertyMap },
  change: PropertyMap,
) {
  const inputs = { ...made.inputs, ...change };
  const old = { id: made.id, oldInputs: made.inputs, state: made.outputs };
  return resourceOf(token).update({ ...call(token, "thing"), ...old, inputs });
}

const group = "azure-native:resources:ResourceGroup";
const hub = "azure-native:iothub:IotHubResource";
const consumerGroup = "azure-native:iothub:IotHubResourceEventHubConsumerGroup";
const registry = "azure-native:containerregistry:Registry";
const account = "azure-native:storage:StorageAccount";
const vault = "azure-native:keyvault:Vault";
const compute = "azure-native:machinelearningservices:Compute";

const inGroup = { resourceGroupName: "vision", location: "westeurope" };
const makeGroup = () => create(group, { resourceGroupName: "vision", location: "westeurope" });

describe("names", () => {
  test("are made up as azure-native does: random, copied or a UUID, the same for the same seed", async () => {
    const names = async (token: string, argument: string) => {
      const first = await check(token, {}, undefined, "vision");
      const second = await check(token, {}, undefined, "vision");
      expect(second.inputs[argument]).toBe(first.inputs[argument]);
      return first.inputs[argument];
    };
    expect(await names(hub, "resourceName")).toMatch(/^vision[0-9a-f]{8}$/);
    expect(await names("azure-native:storage:BlobContainer", "containerName")).toBe("vision");
    expect(await names("azure-native:authorization:RoleAssignment", "roleAssignmentName")).toMatch(
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
  });

  test("stay what they were", async () => {
    const olds = { ...inGroup, sku: { name: "S1" }, resourceName: "vision12345678", __createBeforeDelete: true };
    const { inputs } = await check(hub, { ...inGroup, sku: { name: "S2" } }, olds);
    expect(inputs).toMatchObject({ resourceName: "vision12345678", __createBeforeDelete: true });
  });

  test("follow the stack's own rule, and are needed where it forbids to make them up", async () => {
    const request = { ...call(hub, "vision"), olds: undefined, news: {}, randomSeed: Buffer.from("seed") };
    const proposed = await resourceOf(hub).check({
      ...request,
      autonaming: { mode: "enforce", proposedName: "vision-dev-1" },
    });
    expect(proposed.inputs["resourceName"]).toBe("vision-dev-1");
    const disabled = await resourceOf(hub).check({ ...request, autonaming: { mode: "disable", proposedName: "" } });
    expect(disabled.failures).toContainEqual({ property: "resourceName", reason: "is missing: give a name." });
  });
});

describe("locations", () => {
  test("default to the provider's, else to the resource group's", async () => {
    await makeGroup();
    const news = { resourceGroupName: "vision", sku: { name: "S1" } };
    expect((await check(hub, news)).inputs["location"]).toBe("westeurope");
    await provider.configure?.({ configuration: { location: "northeurope" }, signal: new AbortController().signal });
    expect((await check(hub, news)).inputs["location"]).toBe("northeurope");
  });
});

describe("check reports every fault at once", () => {
  test.each<[string, string, PropertyMap, string[]]>([
    [
      "a hub",
      hub,
      { resourceName: "-x", location: null, sku: { name: "S9", capacity: 0 }, properties: { minTlsVersion: "1.1" } },
      [
        "location: is missing: give an Azure region.",
        'resourceName: "-x" has 2 characters; 3 to 50 are allowed.',
        'resourceName: "-x" is not allowed: a name has letters, digits and hyphens, not only digits, and no hyphen at either end.',
        'sku.name: must be one of "F1", "S1", "S2", "S3", "B1", "B2", "B3" (it is "S9").',
        "sku.capacity: must be at least 1 (it is 0).",
        'properties.minTlsVersion: must be one of "1.0", "1.2" (it is "1.1").',
      ],
    ],
    [
      "a free hub with too much of everything",
      hub,
      { sku: { name: "F1", capacity: 2 }, properties: { eventHubEndpoints: { events: { partitionCount: 4 } } } },
      [
        "sku.capacity: is 2; F1 allows at most 1.",
        "properties.eventHubEndpoints.events.partitionCount: is 4; a hub of size F1 has 2 partitions.",
      ],
    ],
    [
      "a registry",
      registry,
      { registryName: "my-registry", sku: { name: "Basic" }, anonymousPullEnabled: true, adminUser: true },
      [
        'registryName: "my-registry" is not allowed: a name has letters and digits only.',
        "adminUser: is not a property of this resource.",
        "anonymousPullEnabled: needs a registry of size Standard or Premium.",
      ],
    ],
    [
      "a scope map",
      "azure-native:containerregistry:ScopeMap",
      { location: null, registryName: "images", scopeMapName: "pulling", actions: ["repositories/camera-module/pull"] },
      [
        'actions[0]: must be repositories/{name}/content/(read|write|delete) or repositories/{name}/metadata/(read|write) (it is "repositories/camera-module/pull").',
      ],
    ],
    [
      "a storage account",
      account,
      { accountName: "Vision-Data", kind: "BlobStorage", sku: { name: "Standard_LRS" } },
      [
        'accountName: "Vision-Data" is not allowed: a name has lower-case letters and digits only.',
        "accessTier: is missing: give Hot or Cool, which kind BlobStorage needs.",
      ],
    ],
    [
      "a vault",
      vault,
      {
        vaultName: "my--vault",
        properties: {
          tenantId: "x",
          sku: { family: "A", name: "standard" },
          softDeleteRetentionInDays: 3,
          enablePurgeProtection: false,
        },
      },
      [
        'vaultName: "my--vault" is not allowed: a name has letters, digits and single hyphens, starting with a letter and not ending with a hyphen.',
        'properties.tenantId: must be a UUID (it is "x").',
        "properties.enablePurgeProtection: must be one of true (it is false).",
        "properties.softDeleteRetentionInDays: must be at least 7 (it is 3).",
        "properties.accessPolicies: is missing: give the access policies, or set enableRbacAuthorization.",
      ],
    ],
    [
      "a cluster",
      compute,
      {
        workspaceName: "vision",
        computeName: "gpu-1",
        identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: ["/x"] },
        properties: {
          computeType: "AmlCompute",
          properties: { scaleSettings: { minNodeCount: 3, maxNodeCount: 2, nodeIdleTimeBeforeScaleDown: "2m" } },
        },
      },
      [
        `computeName: "gpu-1" is not allowed: a name has letters, digits and hyphens, a letter first, and no '-' with digits last.`,
        'properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown: must be an ISO 8601 duration (it is "2m").',
        "properties.properties.scaleSettings.minNodeCount: is 3, above maxNodeCount, 2.",
        "identity.type: a cluster takes a system or a user identity, never both.",
      ],
    ],
    [
      "a diagnostic setting",
      "azure-native:monitor:DiagnosticSetting",
      { location: null, resourceGroupName: null, resourceUri: "vision", name: "logs" },
      [
        'resourceUri: "vision" is not an id: it must start with /subscriptions/.',
        "workspaceId: is missing, and so is every other destination: give one of workspaceId, storageAccountId, eventHubAuthorizationRuleId, marketplacePartnerId.",
        "logs: is missing, and so is metrics: give at least one.",
      ],
    ],
    [
      "an id of the wrong type",
      "azure-native:machinelearningservices:Workspace",
      {
        workspaceName: "vision",
        identity: { type: "SystemAssigned" },
        storageAccount: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
        keyVault: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
        applicationInsights: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components/i",
      },
      [
        'storageAccount: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v" is no id of a Microsoft.Storage/storageAccounts.',
      ],
    ],
  ])("of %s", async (_, token, news, expected) => {
    expect(await faults(token, news)).toEqual(expected);
  });

  test("and none about what a preview does not know yet", async () => {
    const news = { resourceGroupName: unknown, resourceName: unknown, location: unknown, sku: { name: unknown } };
    expect(await faults(hub, news)).toEqual([]);
  });
});

describe("previews", () => {
  test("know what the program gives and leave unknown what Azure makes up", async () => {
    const { inputs } = await check(hub, { ...inGroup, sku: { name: "S1" } });
    const preview = await resourceOf(hub).preview({ ...call(hub, "thing"), inputs, state: undefined });
    expect(preview).toMatchObject({
      location: "westeurope",
      name: unknown,
      sku: { name: "S1", tier: unknown },
      properties: { hostName: unknown, eventHubEndpoints: { events: { path: unknown } } },
    });
    expect(preview).not.toHaveProperty("identity");
    expect(preview).not.toHaveProperty("resourceName");
  });

  test("of an update keep what does not change", async () => {
    await makeGroup();
    const made = await create(hub, { ...inGroup, sku: { name: "S1", capacity: 1 } });
    const inputs = { ...made.inputs, sku: { name: "S1", capacity: 2 } };
    const preview = await resourceOf(hub).preview({ ...call(hub, "thing"), inputs, state: made.outputs });
    expect(preview).toEqual({ ...made.outputs, sku: { name: "S1", capacity: 2, tier: "Standard" } });
  });
});

describe("the cloud refuses", () => {
  test("what lies in no resource group, in no parent, or is there already", async () => {
    const news = { ...inGroup, resourceName: "vision-hub", sku: { name: "S1" } };
    await expect(create(hub, news)).rejects.toMatchObject({ code: "ResourceGroupNotFound" });
    await makeGroup();
    const monitor = {
      resourceGroupName: "vision",
      resourceName: "vision-hub",
      eventHubEndpointName: "events",
      name: "monitor",
      properties: { name: "monitor" },
    };
    await expect(create(consumerGroup, monitor)).rejects.toMatchObject({ code: "ParentResourceNotFound" });
    await create(hub, news);
    await create(consumerGroup, monitor);
    await expect(create(hub, news)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  });

  test("a name that another resource group has, where names are unique in all of Azure", async () => {
    await makeGroup();
    await create(group, { resourceGroupName: "other", location: "westeurope" });
    await create(hub, { ...inGroup, resourceName: "vision-hub", sku: { name: "S1" } });
    const news = { ...inGroup, resourceGroupName: "other", resourceName: "Vision-Hub", sku: { name: "S1" } };
    await expect(create(hub, news)).rejects.toMatchObject({ code: "NameNotAvailable" });
  });

  test("a second free hub", async () => {
    await makeGroup();
    await create(hub, { ...inGroup, resourceName: "first", sku: { name: "F1" } });
    await expect(create(hub, { ...inGroup, resourceName: "second", sku: { name: "F1" } })).rejects.toThrow(
      /has its one free IoT hub already: '.*\/first'\. Choose size S1/,
    );
  });

  test("a 20th consumer group beside $Default", async () => {
    await makeGroup();
    await create(hub, { ...inGroup, resourceName: "vision-hub", sku: { name: "S1" } });
    const add = (name: string) =>
      create(consumerGroup, {
        resourceGroupName: "vision",
        resourceName: "vision-hub",
        eventHubEndpointName: "events",
        name,
        properties: { name },
      });
    for (let index = 1; index <= 19; index++) await add(`group-${index}`);
    await expect(add("group-20")).rejects.toThrow(/has 20 consumer groups already/);
  });

  test("an id of something that is not there", async () => {
    await makeGroup();
    await create(registry, { ...inGroup, registryName: "images", sku: { name: "Basic" } });
    const scopeMapId =
      "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/vision/providers/Microsoft.ContainerRegistry/registries/images/scopeMaps/gone1";
    await expect(
      create("azure-native:containerregistry:Token", {
        resourceGroupName: "vision",
        registryName: "images",
        tokenName: "pulling",
        scopeMapId,
      }),
    ).rejects.toMatchObject({ code: "ScopeMapNotFound" });
  });

  test("changes that the service does not make", async () => {
    await makeGroup();
    const made = await create(account, {
      ...inGroup,
      accountName: "data1",
      kind: "StorageV2",
      sku: { name: "Standard_LRS" },
    });
    await expect(update(account, made, { kind: "Storage" })).rejects.toMatchObject({
      code: "AccountPropertyCannotBeUpdated",
    });
    const properties = {
      tenantId: "00000000-0000-0000-0000-000000000001",
      sku: { family: "A", name: "standard" },
      enableRbacAuthorization: true,
      enablePurgeProtection: true,
    };
    const safe = await create(vault, { ...inGroup, vaultName: "safe", properties });
    const { enablePurgeProtection: _, ...without } = properties;
    await expect(update(vault, safe, { properties: without })).rejects.toThrow("cannot be switched off");
  });
});

test("removing a resource group removes what is in it, hubs from the directory too", async () => {
  await makeGroup();
  const { id } = await create(group, { resourceGroupName: "other", location: "westeurope" });
  await create(hub, { ...inGroup, resourceName: "stays", sku: { name: "S1" } });
  await create(hub, { ...inGroup, resourceGroupName: "other", resourceName: "goes", sku: { name: "S1" } });
  await resourceOf(group).delete({ ...call(group, "other"), id, inputs: {}, state: {} });
  const left = await new ResourceStore(state).all();
  expect(left.map(({ id: other }) => other.split("/").at(-1)).sort()).toEqual(["stays", "vision"]);
  expect(await readHub(path.join(state, "hub"), "goes")).toBeUndefined();
  expect(await readHub(path.join(state, "hub"), "stays")).toBeDefined();
  // Deleting what is gone is no failure.
  await resourceOf(group).delete({ ...call(group, "other"), id, inputs: {}, state: {} });
});

describe("functions", () => {
  const invoke = (token: string, args: PropertyMap) =>
    provider.invoke?.({ token, args, signal: new AbortController().signal });

  test("give keys as secrets", async () => {
    await makeGroup();
    await create(hub, { ...inGroup, resourceName: "vision-hub", sku: { name: "S1" } });
    const args = { resourceGroupName: "vision", resourceName: "vision-hub", keyName: "service" };
    const stored = await readHub(path.join(state, "hub"), "vision-hub");
    const service = stored?.policies.find(({ keyName }) => keyName === "service");
    expect(await invoke("azure-native:iothub:listIotHubResourceKeysForKeyName", args)).toEqual({
      result: {
        keyName: "service",
        rights: "ServiceConnect",
        primaryKey: secret(service?.primaryKey ?? ""),
        secondaryKey: secret(service?.secondaryKey ?? ""),
      },
    });
    await expect(
      invoke("azure-native:iothub:listIotHubResourceKeysForKeyName", { ...args, keyName: "root" }),
    ).rejects.toThrow("has no policy 'root'; it has iothubowner, service, device, registryRead, registryReadWrite");
  });

  test("look up every type, in any API version", async () => {
    await makeGroup();
    await create(registry, { ...inGroup, registryName: "Images", sku: { name: "Basic" } });
    const args = { resourceGroupName: "vision", registryName: "images" };
    const found = await invoke("azure-native:containerregistry/v20230701:getRegistry", args);
    expect(found?.result).toMatchObject({ name: "Images", loginServer: "images.azurecr.io", sku: { tier: "Basic" } });
    await expect(
      invoke("azure-native:containerregistry:getRegistry", { ...args, registryName: "none" }),
    ).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  test("that are not there are undefined, as are types", async () => {
    expect(await invoke("azure-native:compute:getVirtualMachine", {})).toBeUndefined();
    expect(provider.resource("azure-native:compute:VirtualMachine")).toBeUndefined();
  });
});

test("the store keeps every resource whole under many writers, and walks while others vanish", async () => {
  const store = new ResourceStore(state);
  const id = (index: number) => `/subscriptions/s/resourceGroups/g/providers/P/things/t${index}`;
  const put = (index: number) => store.put({ id: id(index), token: "t", inputs: { index }, facts: {} });
  await Promise.all(Array.from({ length: 50 }, (_, index) => put(index)));
  const [seen] = await Promise.all([store.all(), ...Array.from({ length: 25 }, (_, index) => store.remove(id(index)))]);
  expect(seen.length).toBeGreaterThanOrEqual(25);
  expect(await store.all()).toHaveLength(25);
  expect(await store.get(id(30).toUpperCase())).toMatchObject({ inputs: { index: 30 } });
});
