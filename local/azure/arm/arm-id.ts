/** The subscription of the local world. */
export const subscriptionId = "00000000-0000-0000-0000-000000000000";

/** The directory (tenant) of the local world. */
export const tenantId = "00000000-0000-0000-0000-000000000001";

/** The signed-in user of the local world. */
export const principalId = "00000000-0000-0000-0000-000000000002";

/** One pair of a resource's path: `IotHubs` and its name. */
export type IdPart = readonly [type: string, name: string];

/** `/subscriptions/{s}/resourceGroups/{group}`, or the subscription alone. */
export function scopeId(resourceGroup?: string): string {
  const subscription = `/subscriptions/${subscriptionId}`;
  return resourceGroup === undefined ? subscription : `${subscription}/resourceGroups/${resourceGroup}`;
}

/** The id of a resource of a provider: `{scope}/providers/Microsoft.Devices/IotHubs/{name}`. */
export function resourceId(scope: string, namespace: string, parts: readonly IdPart[]): string {
  return [scope.replace(/\/$/, ""), "providers", namespace, ...parts.flat()].join("/");
}

/** The name that an id ends with. */
export function lastName(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** The resource group of an id, if it has one. */
export function resourceGroupOf(id: string): string | undefined {
  return /\/resourceGroups\/([^/]+)/i.exec(id)?.[1];
}

/** ARM ids differ in case without differing in meaning. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
