import { type Call, isSecret, type PropertyMap } from "@edge-vision/iotedge/kit";
import { textOf } from "../text-of";
import { command } from "../command/provider";

export const local = "command:local:Command";
export const remote = "command:remote:Command";
export const copy = "command:remote:CopyToRemote";
export const provider = command();
export const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
});

/** A call of the engine; what is logged is kept in `logged`. */
export function call(token: string, signal: AbortSignal = new AbortController().signal): Call {
  const log = (_severity: string, line: string): void => void logged.push(line);
  return { urn: `urn:pulumi:dev::test::${token}::thing`, name: "thing", token, signal, log };
}

/** A type of the stand-in. */
export function resourceOf(token: string) {
  const resource = provider.resource(token);
  if (resource?.check === undefined || resource.update === undefined || resource.diff === undefined) {
    throw new Error(`no ${token}`);
  }
  return resource as Required<typeof resource>;
}

/** Faults of inputs, as `path: reason`. */
export async function faults(token: string, news: PropertyMap): Promise<string[]> {
  const request = { olds: undefined, news, randomSeed: Buffer.alloc(0), autonaming: undefined };
  const { failures } = await resourceOf(token).check({ ...call(token), ...request });
  return failures.map(({ property, reason }) => `${property}: ${reason}`);
}

/** Creates, and gives what `shown` makes of the outputs. */
export async function create(token: string, inputs: PropertyMap, signal?: AbortSignal): Promise<PropertyMap> {
  const { outputs } = await resourceOf(token).create({ ...call(token, signal), inputs });
  return shown(outputs as PropertyMap);
}

/** Outputs with secrets as `secret:value`. */
export function shown(outputs: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [key, isSecret(value) ? `secret:${textOf(value.value)}` : value]),
  );
}
