import { rm } from "node:fs/promises";
import type { Logger } from "pino";
import type { EdgeConfig } from "./config";
import { readJson, writeJson } from "./files";
import type { EdgePaths } from "./paths";

/**
 * What is kept in the state folder belongs to one device of one hub. When the configuration names another, identities,
 * deployment, twins and messages of the old one are removed: they would be refused, or tell the new hub what is not its
 * own.
 */
export async function claimState(paths: EdgePaths, config: EdgeConfig, log: Logger): Promise<void> {
  const owner = { hubHostName: config.hubHostName, deviceId: config.deviceId };
  const known = await readJson(paths.owner);
  if (JSON.stringify(known) === JSON.stringify(owner)) return;
  if (known !== undefined) log.warn({ was: known }, "the state folder was another device's and is emptied");
  const foreign = [paths.identities, paths.deployment, paths.hubConfiguration, paths.twins, paths.messages];
  await Promise.all(foreign.map((entry) => rm(entry, { recursive: true, force: true })));
  await writeJson(paths.owner, owner);
}
