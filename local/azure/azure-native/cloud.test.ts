import path from "node:path";
import { readHub } from "../../hub/directory";
import { ResourceStore } from "../arm/resource-store";
import {
  account,
  call,
  consumerGroup,
  create,
  group,
  hub,
  inGroup,
  makeGroup,
  registry,
  resourceOf,
  state,
  update,
  vault,
} from "../testing/azure";

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
