import path from "node:path";
import { secret, type PropertyMap } from "@edge-vision/iotedge/kit";
import { readHub } from "../../hub/directory";
import { ResourceStore } from "../arm/resource-store";
import { create, hub, inGroup, makeGroup, provider, registry, state } from "../testing/azure";

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
