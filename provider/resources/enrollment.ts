import { X509Certificate } from "node:crypto";
import type { GroupKeys, ProvisioningGroup } from "./provisioning-client";
import { withoutMetadata } from "./twin-patch";

/** Inputs of an enrollment group after `check`: every default filled in. */
export interface EnrollmentGroupInputs {
  enrollmentGroupId: string;
  attestation: {
    type: "symmetricKey" | "x509";
    primaryKey?: string;
    secondaryKey?: string;
    primaryCaReference?: string;
    secondaryCaReference?: string;
    primaryCertificate?: string;
    secondaryCertificate?: string;
  };
  edgeEnabled: boolean;
  iotHubHostName?: string;
  provisioningStatus: "enabled" | "disabled";
  tags?: Record<string, unknown>;
  desiredProperties?: Record<string, unknown>;
}

/** The service's form of a group. Keys that the program does not name are those that are there. */
export function groupOf(inputs: EnrollmentGroupInputs, present?: GroupKeys): ProvisioningGroup {
  const { iotHubHostName, tags, desiredProperties } = inputs;
  const group = {
    enrollmentGroupId: inputs.enrollmentGroupId,
    attestation: attestationOf(inputs.attestation, present),
    capabilities: { iotEdge: inputs.edgeEnabled },
    provisioningStatus: inputs.provisioningStatus,
    initialTwin: { tags: tags ?? {}, properties: { desired: desiredProperties ?? {} } },
    ...(iotHubHostName === undefined ? {} : { allocationPolicy: "static", iotHubs: [iotHubHostName] }),
  };
  // The SDK's type demands of a new twin what only the service can know.
  return group as unknown as ProvisioningGroup;
}

function attestationOf(attestation: EnrollmentGroupInputs["attestation"], present: GroupKeys | undefined): object {
  const { type, primaryCaReference, secondaryCaReference, primaryCertificate, secondaryCertificate } = attestation;
  if (type === "symmetricKey") {
    const { primaryKey = present?.primaryKey ?? "", secondaryKey = present?.secondaryKey ?? "" } = attestation;
    return { type, symmetricKey: { primaryKey, secondaryKey } };
  }
  if (primaryCertificate === undefined) {
    return { type, x509: { caReferences: { primary: primaryCaReference, secondary: secondaryCaReference } } };
  }
  const secondary = secondaryCertificate === undefined ? {} : { secondary: { certificate: secondaryCertificate } };
  return { type, x509: { signingCertificates: { primary: { certificate: primaryCertificate }, ...secondary } } };
}

/** What a program would have to say to get this group. */
export function inputsOf(
  group: ProvisioningGroup,
  keys: GroupKeys,
  known: EnrollmentGroupInputs | undefined,
): EnrollmentGroupInputs {
  const tags = withoutMetadata(group.initialTwin?.tags ?? {});
  const desired = withoutMetadata(group.initialTwin?.properties.desired ?? {});
  const isFilled = (section: object): boolean => Object.keys(section).length > 0;
  const iotHubHostName = group.iotHubHostName ?? (group.allocationPolicy === "static" ? group.iotHubs?.[0] : undefined);
  return {
    enrollmentGroupId: group.enrollmentGroupId,
    attestation: attestationInputs(group, keys, known?.attestation),
    edgeEnabled: group.capabilities?.iotEdge ?? false,
    provisioningStatus: group.provisioningStatus,
    ...(iotHubHostName === undefined ? {} : { iotHubHostName }),
    ...(isFilled(tags) || known?.tags !== undefined ? { tags } : {}),
    ...(isFilled(desired) || known?.desiredProperties !== undefined ? { desiredProperties: desired } : {}),
  };
}

function attestationInputs(
  { attestation }: ProvisioningGroup,
  keys: GroupKeys,
  known: EnrollmentGroupInputs["attestation"] | undefined,
): EnrollmentGroupInputs["attestation"] {
  if (attestation.type !== "x509") {
    return {
      type: "symmetricKey",
      ...(known?.primaryKey === undefined ? {} : { primaryKey: keys.primaryKey }),
      ...(known?.secondaryKey === undefined ? {} : { secondaryKey: keys.secondaryKey }),
    };
  }
  const { caReferences, signingCertificates } = attestation.x509 ?? {};
  const { primary, secondary } = signingCertificates ?? {};
  return {
    type: "x509",
    ...named("primaryCaReference", caReferences?.primary),
    ...named("secondaryCaReference", caReferences?.secondary),
    // The service tells a certificate's data and not its text: the text is right as long as the thumbprint is.
    ...named("primaryCertificate", certificateText(primary, known?.primaryCertificate)),
    ...named("secondaryCertificate", certificateText(secondary, known?.secondaryCertificate)),
  };
}

function named(name: string, value: string | null | undefined): Record<string, string> {
  return value === undefined || value === null || value === "" ? {} : { [name]: value };
}

interface ReadCertificate {
  certificate?: string;
  info?: { sha256Thumbprint?: string };
}

function certificateText(found: ReadCertificate | null | undefined, known: string | undefined): string | undefined {
  if (found?.certificate !== undefined && found.certificate !== "") return normalizedPem(found.certificate);
  const thumbprint = found?.info?.sha256Thumbprint?.replaceAll(":", "").toUpperCase();
  if (thumbprint === undefined) return undefined;
  const isKnown = known !== undefined && thumbprintOf(known) === thumbprint;
  return isKnown ? known : `SHA-256 ${thumbprint}`;
}

function thumbprintOf(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256.replaceAll(":", "");
  } catch {
    return undefined;
  }
}

/** PEM text with one kind of line end and none around it. */
export function normalizedPem(pem: string): string {
  return pem.replaceAll("\r\n", "\n").trim();
}
