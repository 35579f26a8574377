import type { DeviceIdentityInputs } from "./device-identity-inputs";
import type { HubDevice } from "./hub-client";

/** The registry's form of a device. Keys that are not named are left to the hub. */
export function deviceOf({ deviceId, edgeEnabled, status, authentication }: DeviceIdentityInputs): HubDevice {
  const { type, primaryKey = "", secondaryKey = "", primaryThumbprint, secondaryThumbprint } = authentication;
  const device: HubDevice = { deviceId, status, capabilities: { iotEdge: edgeEnabled }, authentication: { type } };
  if (type === "sas") {
    device.authentication = { type, symmetricKey: { primaryKey, secondaryKey } };
  } else if (type === "selfSigned") {
    const primary = primaryThumbprint ?? "";
    device.authentication = {
      type,
      x509Thumbprint: { primaryThumbprint: primary, secondaryThumbprint: secondaryThumbprint ?? primary },
    };
  }
  return device;
}

/**
 * What a program would have to say to get this device: only what `known` names of keys and tags, or everything that
 * a program would want to name when nothing is known (an import).
 */
export function inputsOf(
  device: HubDevice,
  tags: Record<string, unknown>,
  known: DeviceIdentityInputs | undefined,
): DeviceIdentityInputs {
  const named = Object.entries(tags).filter(([key]) => known === undefined || known.tags?.[key] !== undefined);
  return {
    deviceId: device.deviceId,
    edgeEnabled: device.capabilities?.iotEdge ?? false,
    status: device.status ?? "enabled",
    authentication: authenticationOf(device, known?.authentication),
    ...(named.length > 0 || known?.tags !== undefined ? { tags: Object.fromEntries(named) } : {}),
  };
}

function authenticationOf(
  { authentication }: HubDevice,
  known: DeviceIdentityInputs["authentication"] | undefined,
): DeviceIdentityInputs["authentication"] {
  const type = authentication?.type ?? "sas";
  if (type === "sas") {
    const { primaryKey, secondaryKey } = authentication?.symmetricKey ?? {};
    return {
      type,
      ...(known?.primaryKey === undefined ? {} : { primaryKey: primaryKey ?? "" }),
      ...(known?.secondaryKey === undefined ? {} : { secondaryKey: secondaryKey ?? "" }),
    };
  }
  if (type !== "selfSigned") return { type: "certificateAuthority" };
  const primaryThumbprint = (authentication?.x509Thumbprint?.primaryThumbprint ?? "").toUpperCase();
  const secondaryThumbprint = (authentication?.x509Thumbprint?.secondaryThumbprint ?? primaryThumbprint).toUpperCase();
  // The second is the first unless somebody says otherwise.
  const isOwn = known?.secondaryThumbprint !== undefined || secondaryThumbprint !== primaryThumbprint;
  return { type, primaryThumbprint, ...(isOwn ? { secondaryThumbprint } : {}) };
}
