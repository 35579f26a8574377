import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import { ResourceStore, type StoredResource } from "@edge-vision/local/dist/azure/arm/resource-store";
import type { ProvisioningService } from "@edge-vision/local/dist/azure/testing/provisioning-service";
import { Registry } from "azure-iothub";

export interface Secret {
  /** Whose it is: `device car-park-1`. */
  of: string;
  value: string;
}

/** Where the services of a stack keep what nobody else may see. */
export interface SecretSources {
  /** State folder of the local Azure. */
  state: string;
  /** Port of the local hub, and the file with the certificate to trust. */
  hub: { port: number; ca: string };
  provisioning: ProvisioningService;
}

/** What Azure made up for a resource and tells only who may ask for it. */
interface Facts {
  policies?: { keyName: string; primaryKey: string; secondaryKey: string }[];
  keys?: string[];
  passwords?: { value: string }[];
}

/** Every key and password that exists, from the services that made them. */
export async function everySecret({ state, hub, provisioning }: SecretSources): Promise<Secret[]> {
  const resources = await new ResourceStore(state).all();
  const agent = new Agent({ host: "127.0.0.1", port: hub.port, ca: await readFile(hub.ca), keepAlive: false });
  const hubs = resources.filter(({ token }) => token === "azure-native:iothub:IotHubResource");
  const identities = await Promise.all(hubs.map((resource) => identityKeys(resource, agent)));
  const groups = [...provisioning.groups.values()].flatMap(({ enrollmentGroupId, attestation }) =>
    secretsOf(`enrollment group ${enrollmentGroupId}`, Object.values(attestation.symmetricKey ?? {})),
  );
  return [...resources.flatMap(keysOf), ...identities.flat(), ...groups];
}

/** Secrets that stand in a text as they are, or as a URL writes them. */
export function leaksIn(text: string, secrets: readonly Secret[]): string[] {
  const stands = ({ value }: Secret) => text.includes(value) || text.includes(encodeURIComponent(value));
  return secrets.filter(stands).map(({ of }) => of);
}

function keysOf({ id, facts }: StoredResource): Secret[] {
  const { policies = [], keys = [], passwords = [] } = facts as Facts;
  const values = [...policies.flatMap((policy) => [policy.primaryKey, policy.secondaryKey]), ...keys];
  const [type, name] = id.split("/").slice(-2);
  return secretsOf(`${type ?? ""} ${name ?? ""}`, [...values, ...passwords.map(({ value }) => value)]);
}

/** Keys of a hub's devices and modules. */
async function identityKeys({ id, facts }: StoredResource, agent: Agent): Promise<Secret[]> {
  const [owner] = (facts as Facts).policies ?? [];
  if (owner === undefined) throw new Error(`${id} has no policy`);
  const hostName = `${id.split("/").at(-1) ?? ""}.azure-devices.net`;
  const registry = Registry.fromConnectionString(
    `HostName=${hostName};SharedAccessKeyName=${owner.keyName};SharedAccessKey=${owner.primaryKey}`,
  );
  const client = (registry as unknown as { _restApiClient: { setOptions(options: object): void } })._restApiClient;
  client.setOptions({ http: { agent } });
  const { result: twins } = await registry.createQuery("SELECT * FROM devices").nextAsTwin();
  const devices = await Promise.all(twins.map(({ deviceId }) => registry.get(deviceId)));
  const modules = await Promise.all(twins.map(({ deviceId }) => registry.getModulesOnDevice(deviceId)));
  return [...devices, ...modules].flatMap(({ responseBody }) =>
    [responseBody].flat().flatMap(({ authentication, ...identity }) => {
      const { primaryKey, secondaryKey } = authentication?.symmetricKey ?? {};
      const of = "moduleId" in identity ? `module ${identity.moduleId} of ` : "device ";
      return secretsOf(`${of}${identity.deviceId}`, [primaryKey, secondaryKey]);
    }),
  );
}

function secretsOf(of: string, values: readonly (string | null | undefined)[]): Secret[] {
  return values.flatMap((value) => (value === undefined || value === null || value === "" ? [] : [{ of, value }]));
}
