import { parseSas, SasError, verifySas, type SasToken } from "../../protocol/sas";
import type { HubPolicy } from "../directory";
import { refuse } from "../errors";
import type { Hub } from "../hub";
import type { Authentication } from "../store/model";

export type Right = "RegistryRead" | "RegistryWrite" | "ServiceConnect" | "DeviceConnect";

/** Who asks: a policy with its rights, or a device or module with its own key. */
export type Caller =
  | { kind: "policy"; keyName: string; rights: ReadonlySet<Right> }
  | { kind: "identity"; deviceId: string; moduleId?: string; expiry: number };

/**
 * Reads and checks the header `Authorization` for `path` of a hub.
 *
 * @throws HubError `IotHubUnauthorizedAccess`
 */
export function authenticate(hub: Hub, authorization: string | undefined, path: string): Caller {
  if (authorization === undefined) throw refuse.unauthorized("The header Authorization is missing.");
  return guarded(() => {
    const token = parseSas(authorization);
    if (token.keyName !== undefined) return policyCaller(hub, token, `${hub.record.hostName}${path}`);
    const { deviceId, moduleId } = identityOf(token.resource);
    return identityCaller(hub, token, { deviceId, ...(moduleId === undefined ? {} : { moduleId }) });
  });
}

/**
 * Checks the token of a device or module that connects; a policy's token serves too when it may connect devices.
 *
 * @throws HubError `IotHubUnauthorizedAccess`
 */
export function authenticateIdentity(
  hub: Hub,
  password: string,
  identity: { deviceId: string; moduleId?: string },
): { expiry: number; scope: "hub" | "device"; type: "sas" } {
  return guarded(() => {
    const token = parseSas(password);
    requireEnabled(hub, identity);
    if (token.keyName === undefined) {
      identityCaller(hub, token, identity);
      return { expiry: token.expiry, scope: "device", type: "sas" };
    }
    const caller = policyCaller(hub, token, resourceOf(hub, identity));
    if (caller.kind !== "policy" || !caller.rights.has("DeviceConnect")) {
      throw refuse.unauthorized(`The policy ${token.keyName} has not the right DeviceConnect.`);
    }
    return { expiry: token.expiry, scope: "hub", type: "sas" };
  });
}

/**
 * Checks a device's certificate by its thumbprint.
 *
 * @throws HubError `IotHubUnauthorizedAccess`
 */
export function authenticateCertificate(
  hub: Hub,
  thumbprints: readonly string[],
  identity: { deviceId: string; moduleId?: string },
): void {
  const { type, x509Thumbprint } = requireEnabled(hub, identity);
  if (type !== "selfSigned") {
    throw refuse.unauthorized(`${nameOf(identity)} authenticates by ${type}, not by the thumbprint of a certificate.`);
  }
  const registered = [x509Thumbprint.primaryThumbprint, x509Thumbprint.secondaryThumbprint];
  if (!thumbprints.some((thumbprint) => registered.includes(thumbprint.replaceAll(":", "").toUpperCase()))) {
    throw refuse.unauthorized(`The certificate that ${nameOf(identity)} shows is not one that is registered.`);
  }
}

function policyCaller(hub: Hub, token: SasToken, resource: string): Caller {
  const policy = hub.record.policies.find(({ keyName }) => keyName.toLowerCase() === token.keyName?.toLowerCase());
  if (policy === undefined) throw refuse.unauthorized(`The hub has no policy ${String(token.keyName)}.`);
  verifySas(token, { keys: [policy.primaryKey, policy.secondaryKey], resource });
  return { kind: "policy", keyName: policy.keyName, rights: rightsOf(policy) };
}

function identityCaller(hub: Hub, token: SasToken, identity: { deviceId: string; moduleId?: string }): Caller {
  const authentication = requireEnabled(hub, identity);
  if (authentication.type !== "sas") {
    throw refuse.unauthorized(`${nameOf(identity)} authenticates by ${authentication.type}, not by a symmetric key.`);
  }
  const { primaryKey, secondaryKey } = authentication.symmetricKey;
  // A device's token does not open its modules: each has a key of its own.
  if (!isFor(token.resource, hub, identity)) {
    throw refuse.unauthorized(`The token is for ${token.resource}, not for ${resourceOf(hub, identity)}.`);
  }
  verifySas(token, { keys: [primaryKey, secondaryKey].filter((key) => key !== null) });
  return { kind: "identity", ...identity, expiry: token.expiry };
}

function requireEnabled(hub: Hub, { deviceId, moduleId }: { deviceId: string; moduleId?: string }): Authentication {
  const device = hub.state.devices.get(deviceId);
  if (device === undefined) throw refuse.unauthorized(`The device ${deviceId} is not registered.`);
  if (device.status === "disabled") throw refuse.unauthorized(`The device ${deviceId} is disabled.`);
  if (moduleId === undefined) return device.authentication;
  const module = hub.state.module(deviceId, moduleId);
  if (module === undefined) throw refuse.unauthorized(`The module ${moduleId} of ${deviceId} is not registered.`);
  return module.authentication;
}

/** `hub/devices/d[/modules/m]`, as a token names it. */
function identityOf(resource: string): { deviceId: string; moduleId?: string } {
  const [, devices, deviceId, modules, moduleId] = resource.split("/").map(decoded);
  if (devices !== "devices" || deviceId === undefined || deviceId === "") {
    throw refuse.unauthorized("A token without skn must be for a device or a module.");
  }
  return modules === "modules" && moduleId !== undefined ? { deviceId, moduleId } : { deviceId };
}

function isFor(resource: string, hub: Hub, identity: { deviceId: string; moduleId?: string }): boolean {
  const wanted = resourceOf(hub, identity).split("/");
  const given = resource.replace(/\/$/, "").split("/");
  return (
    given.length === wanted.length &&
    given.every((part, index) =>
      index === 0
        ? part.toLowerCase() === wanted[0]?.toLowerCase()
        : part === wanted[index] || decoded(part) === wanted[index],
    )
  );
}

/** Some SDKs escape ids before they build a resource, and the resource once more for the token. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function resourceOf(hub: Hub, { deviceId, moduleId }: { deviceId: string; moduleId?: string }): string {
  const device = `${hub.record.hostName}/devices/${deviceId}`;
  return moduleId === undefined ? device : `${device}/modules/${moduleId}`;
}

function rightsOf(policy: HubPolicy): ReadonlySet<Right> {
  const rights = new Set(policy.rights.split(",").map((right) => right.trim() as Right));
  if (rights.has("RegistryWrite")) rights.add("RegistryRead");
  return rights;
}

function nameOf({ deviceId, moduleId }: { deviceId: string; moduleId?: string }): string {
  return moduleId === undefined ? `The device ${deviceId}` : `The module ${moduleId} of ${deviceId}`;
}

function guarded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SasError) throw refuse.unauthorized(error.message);
    throw error;
  }
}
