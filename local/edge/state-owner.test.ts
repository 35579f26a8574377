import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import pino from "pino";
import { edgePaths } from "./paths";
import { claimState } from "./state-owner";

const log = pino({ level: "silent" });

test("state of another hub's device is removed, ports and logs stay; one's own stays whole", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "edge-vision-owner-"));
  try {
    const paths = edgePaths(folder);
    const config = { hubHostName: "a.azure-devices.net", deviceId: "d", deviceKey: "AAAA" };
    await claimState(paths, config, log);
    for (const file of [paths.identities, paths.deployment, paths.twins, paths.ports]) await writeFile(file, "[]");
    await claimState(paths, { ...config, deviceKey: "BBBB" }, log);
    expect((await readdir(folder)).sort()).toEqual([
      "deployment.json",
      "device.json",
      "identities.json",
      "ports.json",
      "twins",
    ]);
    await claimState(paths, { ...config, hubHostName: "b.azure-devices.net" }, log);
    expect((await readdir(folder)).sort()).toEqual(["device.json", "ports.json"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
