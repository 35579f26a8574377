import { z } from "zod";
import { ConfigError, type ConfigFault, schemaFaults, unknownKey } from "./config/faults";
import { knownKeys } from "./config/known-keys";
import {
  deviceSchema,
  endpointSchema,
  fleetSchema,
  prebuiltSchema,
  routesSchema,
  workspaceSchema,
} from "./config/schema";

/** Prefix of all keys. */
export const NAMESPACE = "edge-vision";

const text = z.string();
const integer = z.coerce.number({ error: "must be a number" }).int();
const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const devices = z
  .array(deviceSchema)
  .min(1)
  .superRefine((list, context) => {
    list.forEach(({ id }, index) => {
      if (list.findIndex((other) => other.id === id) < index) {
        context.addIssue({ code: "custom", path: [index, "id"], message: "must be unique" });
      }
    });
  });

/** Every key, as text or as JSON; an empty value counts as not set. Pulumi.yaml documents them. */
const KEYS = {
  location: { schema: text.regex(/^[a-z0-9]+$/, "must be a region such as westeurope"), default: "westeurope" },
  hubSku: { schema: z.enum(["F1", "S1", "S2", "S3"]), default: "F1" },
  hubUnits: { schema: integer.min(1).max(200), default: "1" },
  protect: { schema: flag, default: "false" },
  requireDigests: { schema: flag, default: "false" },
  preview: { schema: flag, default: "false" },
  diagnostics: { schema: flag, default: "false" },
  archive: { schema: flag, default: "false" },
  mlWorkspace: { schema: flag, default: "false" },
  timeToLiveSecs: { schema: integer.min(0).max(2_147_483_647), default: "7200" },
  edgeAgentImage: { schema: text, default: "mcr.microsoft.com/azureiotedge-agent:1.6" },
  edgeHubImage: { schema: text, default: "mcr.microsoft.com/azureiotedge-hub:1.6" },
  passwordRotation: { schema: text, default: "1" },
  setupPrivateKey: { schema: text, default: "" },
  resourceManagerEndpoint: { schema: z.url({ protocol: /^https?$/, error: "must be an https URL" }), default: "" },
  devices: { schema: devices, json: true, default: "" },
  routes: { schema: routesSchema, json: true, default: "{}" },
  images: { schema: prebuiltSchema, json: true, default: "{}" },
  workspace: { schema: workspaceSchema, json: true, default: "{}" },
  fleet: { schema: fleetSchema, json: true, default: "" },
  hubEndpoint: { schema: endpointSchema, json: true, default: "" },
  provisioningEndpoint: { schema: endpointSchema, json: true, default: "" },
  tags: { schema: z.record(z.string(), z.string()), json: true, default: "{}" },
} as const satisfies Record<string, { schema: z.ZodType; json?: true; default: string }>;

type Keys = typeof KEYS;
type Values = { [K in keyof Keys]: z.output<Keys[K]["schema"]> };
/** Keys without a value unless the stack sets them. */
type Unset =
  "fleet" | "hubEndpoint" | "provisioningEndpoint" | "resourceManagerEndpoint" | "setupPrivateKey" | "devices";

/** The stack's configuration, checked and with all defaults. */
export type StackConfig = Omit<Values, Unset> &
  Partial<Pick<Values, Exclude<Unset, "devices">>> &
  Pick<Values, "devices">;

/** All keys of the namespace. */
export const CONFIG_KEYS: readonly string[] = Object.keys(KEYS);

/** Default of each key as Pulumi.yaml has it. */
export const CONFIG_DEFAULTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(KEYS).map(([key, { default: value }]) => [key, value]),
);

/**
 * Reads the stack's configuration out of Pulumi's map (`edge-vision:location` → text).
 * @throws ConfigError with every fault: unknown keys (and which was meant), missing and wrong values.
 */
export function readConfig(raw: Readonly<Record<string, string>>): StackConfig {
  const faults: ConfigFault[] = [];
  for (const full of Object.keys(raw)) {
    const [namespace, key = ""] = full.split(":");
    if (namespace === NAMESPACE && !CONFIG_KEYS.includes(key)) faults.push(unknownKey(full, key, CONFIG_KEYS));
  }
  const config: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(KEYS)) {
    const path = `${NAMESPACE}:${key}`;
    const given = raw[path]?.trim() ?? "";
    const value = isUnset(given) ? definition.default : given;
    if (value === "") continue;
    const input = "json" in definition ? parseJson(path, value, faults) : value;
    if (input === undefined) continue;
    const result = definition.schema.safeParse(input);
    if (result.success) config[key] = result.data;
    else
      faults.push(...schemaFaults(path, input, result.error.issues, (at) => knownKeys(definition.schema, at, input)));
  }
  const given = (key: string) =>
    config[key] !== undefined || faults.some(({ path }) => path.startsWith(`${NAMESPACE}:${key}`));
  if (!given("devices")) {
    config.devices = [];
    if (!given("fleet")) {
      faults.push({ path: `${NAMESPACE}:devices`, message: "is missing; name at least one device, or a fleet" });
    }
  }
  for (const [index, { setup }] of ((config.devices ?? []) as StackConfig["devices"]).entries()) {
    if (!setup || config.setupPrivateKey !== undefined) continue;
    const path = `${NAMESPACE}:setupPrivateKey`;
    const set = `set it with pulumi config set --secret ${path} < key`;
    faults.push({ path, message: `is missing; devices[${index}].setup needs it, ${set}` });
    break;
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config as StackConfig;
}

/** A key with a type in Pulumi.yaml must have a default there, so "not set" arrives as an empty value. */
function isUnset(value: string): boolean {
  return value === "" || value === "[]" || value === "{}" || value === "null";
}

function parseJson(path: string, value: string, faults: ConfigFault[]): unknown {
  try {
    return JSON.parse(value);
  } catch {
    faults.push({ path, message: `must be an object or a list; set it with pulumi config set --path '${path}.…'` });
    return undefined;
  }
}
