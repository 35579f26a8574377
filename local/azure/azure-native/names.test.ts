import { unknown } from "@edge-vision/iotedge/kit";
import { call, check, create, hub, inGroup, makeGroup, provider, resourceOf } from "../testing/azure";

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
