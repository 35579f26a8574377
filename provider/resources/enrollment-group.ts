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
  type ReadRequest,
  type ReadResult,
  type Resource,
  secret,
  unknown,
  type UpdateRequest,
  type UpdateResult,
  withoutSecrets,
} from "../kit";
import { checkKey, checkOneOf, checkTwinSection } from "./checks";
import { type EnrollmentGroupInputs, groupOf, inputsOf, normalizedPem } from "./enrollment";
import type { GroupKeys, ProvisioningClient } from "./provisioning-client";
import { ServiceError } from "./service-errors";

export interface EnrollmentGroupOutputs extends EnrollmentGroupInputs {
  primaryKey: string;
  secondaryKey: string;
}

const symmetric = ["type", "primaryKey", "secondaryKey"];
const references = ["primaryCaReference", "secondaryCaReference"];
const certificates = ["primaryCertificate", "secondaryCertificate"];

/** A group in the Device Provisioning Service: one for any number of devices. */
export class EnrollmentGroupResource implements Resource<EnrollmentGroupInputs, EnrollmentGroupOutputs> {
  readonly token = "iotedge:index:EnrollmentGroup";
  // The service refuses another kind of attestation for a group that exists.
  readonly replaceOnChanges = ["enrollmentGroupId", "attestation.type"];
  readonly deleteBeforeReplace = true;

  constructor(private readonly service: () => ProvisioningClient) {}

  check({ news }: CheckRequest): CheckResult {
    const checker = new Checker(news);
    checker.onlyKnown([
      "enrollmentGroupId",
      "attestation",
      "edgeEnabled",
      "iotHubHostName",
      "provisioningStatus",
      "tags",
      "desiredProperties",
    ]);
    const id = checker.read(["enrollmentGroupId"], "string", { required: true, what: "the group's id" });
    if (id !== undefined && !/^(?=.{1,128}$)[a-z0-9]([a-z0-9\-._:]*[a-z0-9])?$/.test(id)) {
      const allowed =
        "1 to 128 lower-case letters, digits and - . _ : are allowed, the first and last a letter or digit";
      checker.fail(["enrollmentGroupId"], `"${id}" is not a group's id: ${allowed}.`);
    }
    checker.read(["edgeEnabled"], "boolean");
    checker.read(["iotHubHostName"], "string");
    checkOneOf(checker, ["provisioningStatus"], ["enabled", "disabled"]);
    checkTwinSection(checker, ["tags"], 8 * 1024);
    checkTwinSection(checker, ["desiredProperties"], 32 * 1024);
    checkAttestation(checker);
    return {
      inputs: {
        ...news,
        edgeEnabled: news["edgeEnabled"] ?? true,
        provisioningStatus: news["provisioningStatus"] ?? "enabled",
        attestation: normalized(news["attestation"] ?? {}),
      },
      failures: checker.failures,
    };
  }

  preview({ inputs, state }: PreviewRequest): PropertyMap {
    const plain = (properties: PropertyMap | undefined): unknown => withoutSecrets(properties?.["attestation"] ?? null);
    const keepsKeys = state !== undefined && isDeepStrictEqual(plain(state), plain(inputs));
    const keys = ["primaryKey", "secondaryKey"].map((name) => [
      name,
      (keepsKeys ? state[name] : undefined) ?? secret(unknown),
    ]);
    return { ...inputs, ...Object.fromEntries(keys) } as PropertyMap;
  }

  async create(call: CreateRequest<EnrollmentGroupInputs>): Promise<CreateResult<EnrollmentGroupOutputs>> {
    const { inputs } = call;
    // Asked for first: without an etag the service need not refuse to overwrite.
    const present = await this.service().getGroup(call, inputs.enrollmentGroupId);
    if (present !== undefined || !(await this.tryToCreate(call, inputs))) await this.adopt(call, inputs);
    return { id: inputs.enrollmentGroupId, outputs: await this.outputsOf(call, inputs) };
  }

  async read(
    call: ReadRequest<EnrollmentGroupInputs, EnrollmentGroupOutputs>,
  ): Promise<ReadResult<EnrollmentGroupInputs, EnrollmentGroupOutputs> | undefined> {
    const found = await this.find(call, call.id, call.inputs);
    if (found === undefined) return undefined;
    return { id: call.id, inputs: found.inputs, outputs: marked(found.inputs, found.keys) };
  }

  async update(
    call: UpdateRequest<EnrollmentGroupInputs, EnrollmentGroupOutputs>,
  ): Promise<UpdateResult<EnrollmentGroupOutputs>> {
    const { inputs, id } = call;
    const present = await this.service().getGroup(call, id);
    const keys = inputs.attestation.type === "symmetricKey" ? await this.service().getKeys(call, id) : undefined;
    await this.service().putGroup(call, {
      ...groupOf(inputs, keys),
      ...(present?.etag === undefined ? {} : { etag: present.etag }),
    });
    return { outputs: await this.outputsOf(call, inputs) };
  }

  /** Devices that it provisioned stay in their hubs; none comes after. */
  async delete(call: DeleteRequest<EnrollmentGroupInputs, EnrollmentGroupOutputs>): Promise<void> {
    await this.service().deleteGroup(call, call.id);
  }

  private async find(
    call: Call,
    id: string,
    known: EnrollmentGroupInputs | undefined,
  ): Promise<{ inputs: EnrollmentGroupInputs; keys: GroupKeys } | undefined> {
    const group = await this.service().getGroup(call, id);
    if (group === undefined) return undefined;
    const isSymmetric = group.attestation.type === "symmetricKey";
    const keys = isSymmetric ? await this.service().getKeys(call, id) : { primaryKey: "", secondaryKey: "" };
    return { inputs: inputsOf(group, keys, known), keys };
  }

  /** False when the group has come into being meanwhile: by a request whose answer got lost. */
  private async tryToCreate(call: Call, inputs: EnrollmentGroupInputs): Promise<boolean> {
    try {
      await this.service().putGroup(call, groupOf(inputs));
      return true;
    } catch (error) {
      if (error instanceof ServiceError && error.status === 409) return false;
      throw error;
    }
  }

  /** A create that was cut off leaves what this one would make; anything else belongs to somebody. */
  private async adopt(call: Call, inputs: EnrollmentGroupInputs): Promise<void> {
    const found = await this.find(call, inputs.enrollmentGroupId, inputs);
    if (found !== undefined && isDeepStrictEqual(found.inputs, inputs)) return;
    throw new AlreadyExistsError(
      `The enrollment group "${inputs.enrollmentGroupId}" exists in ${this.service().hostName} and differs from what ` +
        `the program describes. Take it over with: pulumi import ${this.token} ${call.name} '${inputs.enrollmentGroupId}'`,
    );
  }

  private async outputsOf(
    call: Call,
    inputs: EnrollmentGroupInputs,
  ): Promise<CreateResult<EnrollmentGroupOutputs>["outputs"]> {
    const isSymmetric = inputs.attestation.type === "symmetricKey";
    const keys = isSymmetric ? await this.service().getKeys(call, inputs.enrollmentGroupId) : undefined;
    return marked(inputs, keys);
  }
}

function marked(inputs: EnrollmentGroupInputs, keys?: GroupKeys): CreateResult<EnrollmentGroupOutputs>["outputs"] {
  return { ...inputs, primaryKey: secret(keys?.primaryKey ?? ""), secondaryKey: secret(keys?.secondaryKey ?? "") };
}

/** Keys are secret whether or not the program says so; certificates are compared without their line ends. */
function normalized(attestation: PropertyMap[string]): PropertyMap[string] {
  if (!isPropertyMap(attestation)) return attestation;
  const entries = Object.entries(attestation).map(([key, value]): [string, PropertyMap[string]] => {
    if (key.endsWith("Key")) return [key, secret(value)];
    return [key, key.endsWith("Certificate") && typeof value === "string" ? normalizedPem(value) : value];
  });
  return Object.fromEntries(entries);
}

function checkAttestation(checker: Checker): void {
  checker.read(["attestation"], "object", { required: true, what: "how devices prove that they belong to the group" });
  checker.read(["attestation", "type"], "string", { required: true, what: '"symmetricKey" or "x509"' });
  const type = checkOneOf(checker, ["attestation", "type"], ["symmetricKey", "x509"]);
  if (type === "symmetricKey") {
    checker.onlyKnown(symmetric, ["attestation"]);
    checkKey(checker, ["attestation", "primaryKey"]);
    checkKey(checker, ["attestation", "secondaryKey"]);
  } else if (type === "x509") {
    checker.onlyKnown(["type", ...references, ...certificates], ["attestation"]);
    const given = [...references, ...certificates].filter(
      (name) => checker.read(["attestation", name], "string") !== undefined || checker.isUnknown(["attestation", name]),
    );
    const primaries = given.filter((name) => name.startsWith("primary"));
    if (primaries.length !== 1) {
      checker.fail(["attestation"], "needs either primaryCaReference or primaryCertificate for x509.");
    } else if (
      given.some((name) => name.endsWith("CaReference")) &&
      given.some((name) => name.endsWith("Certificate"))
    ) {
      checker.fail(["attestation"], "mixes CA references and certificates; use one kind for both.");
    }
    for (const name of certificates) {
      const pem = checker.read(["attestation", name], "string");
      if (pem !== undefined && !pem.includes("-----BEGIN CERTIFICATE-----")) {
        checker.fail(["attestation", name], "must be a certificate as PEM text.");
      }
    }
  }
}
