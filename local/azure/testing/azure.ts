import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Call, PropertyMap, Provider } from "@edge-vision/iotedge/kit";
import { azureNative } from "../azure-native/provider";

export let state: string;
export let provider: Provider;

beforeEach(async () => {
  state = await mkdtemp(path.join(tmpdir(), "azure-native-"));
  provider = azureNative(state);
});

afterEach(() => rm(state, { recursive: true, force: true }));

/** A call of the engine, as far as resources look at it. */
export function call(token: string, name: string): Call {
  const log = (): void => undefined;
  return { urn: `urn:pulumi:dev::test::${token}::${name}`, name, token, signal: new AbortController().signal, log };
}

/** A type of the stand-in. */
export function resourceOf(token: string) {
  const resource = provider.resource(token);
  if (resource?.check === undefined || resource.update === undefined || resource.diff === undefined) {
    throw new Error(`no ${token}`);
  }
  return resource as Required<typeof resource>;
}

/** What the stand-in makes of inputs before anything is done. */
export function check(token: string, news: PropertyMap, olds?: PropertyMap, name = "thing") {
  return resourceOf(token).check({
    ...call(token, name),
    olds,
    news,
    randomSeed: Buffer.from("seed"),
    autonaming: undefined,
  });
}

/** Faults of inputs in a known place, as `path: reason`. */
export async function faults(token: string, news: PropertyMap): Promise<string[]> {
  const { failures } = await check(token, { location: "westeurope", resourceGroupName: "vision", ...news });
  return failures.map(({ property, reason }) => `${property}: ${reason}`);
}

/** Creates what has no faults. */
export async function create(token: string, news: PropertyMap, name = "thing") {
  const { inputs, failures } = await check(token, news, undefined, name);
  expect(failures).toEqual([]);
  const made = await resourceOf(token).create({ ...call(token, name), inputs });
  return { id: made.id, inputs, outputs: made.outputs as PropertyMap };
}

/** Changes what was created. */
export async function update(
  token: string,
  made: { id: string; inputs: PropertyMap; outputs: PropertyMap },
  change: PropertyMap,
) {
  const inputs = { ...made.inputs, ...change };
  const old = { id: made.id, oldInputs: made.inputs, state: made.outputs };
  return resourceOf(token).update({ ...call(token, "thing"), ...old, inputs });
}

export const group = "azure-native:resources:ResourceGroup";
export const hub = "azure-native:iothub:IotHubResource";
export const consumerGroup = "azure-native:iothub:IotHubResourceEventHubConsumerGroup";
export const registry = "azure-native:containerregistry:Registry";
export const account = "azure-native:storage:StorageAccount";
export const vault = "azure-native:keyvault:Vault";
export const compute = "azure-native:machinelearningservices:Compute";

export const inGroup = { resourceGroupName: "vision", location: "westeurope" };
export const makeGroup = () => create(group, { resourceGroupName: "vision", location: "westeurope" });
