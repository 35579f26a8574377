import { isDeepStrictEqual } from "node:util";
import {
  AlreadyExistsError,
  type Call,
  Checker,
  type CheckRequest,
  type CheckResult,
  type CreateRequest,
  type CreateResult,
  type DeleteRequest,
  isPropertyMap,
  type PreviewRequest,
  type PropertyMap,
  type PropertyValue,
  type ReadRequest,
  type ReadResult,
  type Resource,
  secret,
  unknown,
  type UpdateRequest,
  type UpdateResult,
  withoutSecrets,
} from "../kit";
import { checkDeviceId, checkKey, checkOneOf, checkThumbprint, checkTwinSection } from "./checks";
import type { DeviceIdentityInputs } from "./device-identity-inputs";
import { deviceOf, inputsOf } from "./device-registry";
import type { HubClient, HubDevice } from "./hub-client";
import { ServiceError } from "./service-errors";
import { mergePatch, withoutMetadata } from "./twin-patch";

export interface DeviceIdentityOutputs extends DeviceIdentityInputs {
  hostName: string;
  generationId: string;
  deviceScope: string;
  primaryKey: string;
  secondaryKey: string;
  connectionString: string;
}

const allowedWith = {
  sas: ["type", "primaryKey", "secondaryKey"],
  selfSigned: ["type", "primaryThumbprint", "secondaryThumbprint"],
  certificateAuthority: ["type"],
} as const;

const keyOutputs = new Set<string>(["primaryKey", "secondaryKey", "connectionString"]);

function unknownOf(name: string): PropertyValue {
  return keyOutputs.has(name) ? secret(unknown) : unknown;
}

/** Keys are secret whether or not the program says so; thumbprints are compared in capitals. */
function normalized(authentication: PropertyValue, type: string): PropertyValue {
  if (!isPropertyMap(authentication)) return authentication;
  const entries = Object.entries(authentication).map(([key, value]): [string, PropertyValue] => {
    if (key.endsWith("Key")) return [key, secret(value)];
    return [key, key.endsWith("Thumbprint") && typeof value === "string" ? value.toUpperCase() : value];
  });
  return { type, ...Object.fromEntries(entries) };
}

/** A device in the hub's registry, with its keys and the tags that are named. */
export class DeviceIdentityResource implements Resource<DeviceIdentityInputs, DeviceIdentityOutputs> {
  readonly token = "iotedge:index:DeviceIdentity";
  readonly computed = [
    "hostName",
    "generationId",
    "deviceScope",
    "primaryKey",
    "secondaryKey",
    "connectionString",
  ] as const;
  readonly replaceOnChanges = ["deviceId"];

  constructor(private readonly hub: () => HubClient) {}

  check({ news }: CheckRequest): CheckResult {
    const checker = new Checker(news);
    checker.onlyKnown(["deviceId", "edgeEnabled", "authentication", "status", "tags"]);
    checkDeviceId(checker, ["deviceId"]);
    checker.read(["edgeEnabled"], "boolean");
    checkOneOf(checker, ["status"], ["enabled", "disabled"]);
    checkTwinSection(checker, ["tags"], 8 * 1024);
    checker.read(["authentication"], "object");
    const type =
      checkOneOf(checker, ["authentication", "type"], ["sas", "selfSigned", "certificateAuthority"]) ?? "sas";
    checker.onlyKnown(allowedWith[type], ["authentication"]);
    if (type === "sas") {
      checkKey(checker, ["authentication", "primaryKey"]);
      checkKey(checker, ["authentication", "secondaryKey"]);
    } else if (type === "selfSigned") {
      checkThumbprint(checker, ["authentication", "primaryThumbprint"], { required: true });
      checkThumbprint(checker, ["authentication", "secondaryThumbprint"]);
    }
    return {
      inputs: {
        ...news,
        edgeEnabled: news["edgeEnabled"] ?? true,
        status: news["status"] ?? "enabled",
        authentication: normalized(news["authentication"] ?? {}, type),
      },
      failures: checker.failures,
    };
  }

  preview({ inputs, state }: PreviewRequest): PropertyMap {
    // Keys change only when another way to authenticate, or other keys, are asked for.
    const plain = (properties: PropertyMap | undefined): unknown =>
      withoutSecrets(properties?.["authentication"] ?? null);
    const keepsKeys = isDeepStrictEqual(plain(state), plain(inputs));
    const known = (name: string): boolean => keepsKeys || !keyOutputs.has(name);
    return {
      ...inputs,
      ...Object.fromEntries(
        this.computed.map((name) => [name, (known(name) ? state?.[name] : undefined) ?? unknownOf(name)]),
      ),
    };
  }

  async create(call: CreateRequest<DeviceIdentityInputs>): Promise<CreateResult<DeviceIdentityOutputs>> {
    const { inputs } = call;
    const hub = this.hub();
    let device: HubDevice;
    try {
      device = await hub.createDevice(call, deviceOf(inputs));
    } catch (error) {
      if (!(error instanceof ServiceError && error.status === 409)) throw error;
      device = await this.adopt(call, inputs);
    }
    if (inputs.tags !== undefined) await hub.updateTwin(call, inputs.deviceId, { tags: inputs.tags });
    return { id: inputs.deviceId, outputs: this.outputsOf(inputs, device) };
  }

  async read(
    call: ReadRequest<DeviceIdentityInputs, DeviceIdentityOutputs>,
  ): Promise<ReadResult<DeviceIdentityInputs, DeviceIdentityOutputs> | undefined> {
    const hub = this.hub();
    const [device, twin] = await Promise.all([hub.getDevice(call, call.id), hub.getTwin(call, call.id)]);
    if (device === undefined || twin === undefined) return undefined;
    const found = inputsOf(device, withoutMetadata(twin.tags ?? {}), call.inputs);
    const outputs = this.outputsOf(found, device);
    return { id: call.id, inputs: found, outputs };
  }

  async update(
    call: UpdateRequest<DeviceIdentityInputs, DeviceIdentityOutputs>,
  ): Promise<UpdateResult<DeviceIdentityOutputs>> {
    const { inputs, oldInputs, id } = call;
    const hub = this.hub();
    const [device, twin] = await Promise.all([hub.getDevice(call, id), hub.getTwin(call, id)]);
    const wanted = deviceOf(inputs);
    const sameType = device?.authentication?.type === inputs.authentication.type;
    const keys = sameType ? device.authentication?.symmetricKey : undefined;
    const { primaryKey = keys?.primaryKey, secondaryKey = keys?.secondaryKey } = inputs.authentication;
    if (inputs.authentication.type === "sas") {
      // A PUT replaces the identity: keys that the program does not name are kept.
      wanted.authentication = {
        type: "sas",
        symmetricKey: { primaryKey: primaryKey ?? "", secondaryKey: secondaryKey ?? "" },
      };
    }
    const updated = await hub.updateDevice(call, {
      ...wanted,
      ...(device?.deviceScope === undefined ? {} : { deviceScope: device.deviceScope }),
    });
    const managed = new Set([...Object.keys(oldInputs.tags ?? {}), ...Object.keys(inputs.tags ?? {})]);
    const present = Object.fromEntries(Object.entries(twin?.tags ?? {}).filter(([key]) => managed.has(key)));
    const tags = mergePatch(present, inputs.tags ?? {});
    if (tags !== undefined) await hub.updateTwin(call, id, { tags });
    return { outputs: this.outputsOf(inputs, updated) };
  }

  async delete(call: DeleteRequest<DeviceIdentityInputs, DeviceIdentityOutputs>): Promise<void> {
    await this.hub().deleteDevice(call, call.id);
  }

  /**
   * A create that was cut off leaves the device without a word in the state: the next one finds what it would have
   * made. Anything else with this id belongs to somebody.
   */
  private async adopt(call: Call, inputs: DeviceIdentityInputs): Promise<HubDevice> {
    const hub = this.hub();
    const [device, twin] = await Promise.all([
      hub.getDevice(call, inputs.deviceId),
      hub.getTwin(call, inputs.deviceId),
    ]);
    if (device !== undefined && twin !== undefined) {
      const found = inputsOf(device, withoutMetadata(twin.tags ?? {}), inputs);
      const tagsFit = Object.entries(found.tags ?? {}).every(([key, value]) =>
        isDeepStrictEqual(value, inputs.tags?.[key]),
      );
      if (tagsFit && isDeepStrictEqual({ ...found, tags: undefined }, { ...inputs, tags: undefined })) return device;
    }
    throw new AlreadyExistsError(
      `The device "${inputs.deviceId}" exists in IoT Hub ${hub.hostName} and differs from what the program describes. ` +
        `Take it over with: pulumi import ${this.token} ${call.name} '${inputs.deviceId}'`,
    );
  }

  private outputsOf(inputs: DeviceIdentityInputs, device: HubDevice): CreateResult<DeviceIdentityOutputs>["outputs"] {
    const { hostName } = this.hub();
    const isSas = inputs.authentication.type === "sas";
    const primaryKey = (isSas ? device.authentication?.symmetricKey?.primaryKey : undefined) ?? "";
    const secondaryKey = (isSas ? device.authentication?.symmetricKey?.secondaryKey : undefined) ?? "";
    const proof = isSas ? `SharedAccessKey=${primaryKey}` : "x509=true";
    return {
      ...inputs,
      hostName,
      generationId: device.generationId ?? "",
      deviceScope: device.deviceScope ?? "",
      primaryKey: secret(primaryKey),
      secondaryKey: secret(secondaryKey),
      connectionString: secret(`HostName=${hostName};DeviceId=${inputs.deviceId};${proof}`),
    };
  }
}
