import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { HubDirectory, readHub, removeHub, writeHub, type HubRecord } from "./directory";

const record: HubRecord = {
  name: "Vision-Hub",
  hostName: "Vision-Hub.azure-devices.net",
  policies: [
    {
      keyName: "iothubowner",
      primaryKey: "a",
      secondaryKey: "b",
      rights: "RegistryWrite, ServiceConnect, DeviceConnect",
    },
  ],
  partitionCount: 2,
  consumerGroups: ["$Default"],
  eventHub: { path: "vision-hub-events", endpoint: "sb://local.servicebus.windows.net/" },
  sku: { name: "S1", capacity: 1 },
};

describe("the directory of hubs", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "directory-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test("a hub is found by host name and event hub path, in any case", async () => {
    await writeHub(folder, record);
    const directory = new HubDirectory(folder);
    expect(directory.byHostName("vision-hub.azure-devices.net")).toMatchObject(record);
    expect(directory.byHostName("VISION-HUB.azure-devices.net:443")).toMatchObject(record);
    expect(directory.byEventHubPath("Vision-hub-EVENTS")).toMatchObject(record);
    expect(directory.byHostName("other.azure-devices.net")).toBeUndefined();
    expect(directory.byHostName("../vision-hub")).toBeUndefined();
    expect(directory.all()).toHaveLength(1);
  });

  test("changes and removal are seen at once, and the id outlives changes only", async () => {
    await writeHub(folder, record);
    const directory = new HubDirectory(folder);
    const first = directory.byName("vision-hub");
    await writeHub(folder, { ...record, consumerGroups: ["$Default", "monitor"] });
    expect(directory.byName("vision-hub")).toMatchObject({ id: first?.id, consumerGroups: ["$Default", "monitor"] });
    await removeHub(folder, "vision-hub");
    expect(directory.byName("vision-hub")).toBeUndefined();
    expect(await readHub(folder, "vision-hub")).toBeUndefined();
    await removeHub(folder, "vision-hub");
    await writeHub(folder, record);
    expect(directory.byName("vision-hub")?.id).not.toBe(first?.id);
  });

  test("an unchanged record is not read again", async () => {
    await writeHub(folder, record);
    const directory = new HubDirectory(folder);
    expect(directory.byName("vision-hub")).toBe(directory.byName("vision-hub"));
  });

  test.each(["", "ab", "a/b", "-abc", "abc-", "a".repeat(51)])("the name %j is refused", async (name) => {
    await expect(writeHub(folder, { ...record, name })).rejects.toMatchObject({ code: "INVALID_HUB_NAME" });
  });
});
