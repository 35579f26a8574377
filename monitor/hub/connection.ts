/** What a reader of a hub has to know. Host names stay the hub's own; the endpoint says where TCP connections go. */
export interface HubConnection {
  /** The hub's host name, `<name>.azure-devices.net`. */
  hostName: string;
  /** A policy with the right to read twins and events. */
  keyName: string;
  /** The policy's key. */
  key: string;
  /** Name of the built-in Event Hubs endpoint's entity. */
  eventHubPath: string;
  /** Namespace address of the built-in endpoint, `sb://….servicebus.windows.net/`. @default the endpoint's AMQP port */
  eventHubEndpoint?: string;
  /** Where a hub on this machine answers; without it the hub is the one in Azure. */
  local?: { host: string; httpsPort: number; amqpPort: number; ca: string };
}

/** The connection string of the hub's service API. */
export function serviceConnectionString(hub: HubConnection): string {
  return `HostName=${hub.hostName};SharedAccessKeyName=${hub.keyName};SharedAccessKey=${hub.key}`;
}

/** The connection string of the hub's built-in Event Hubs endpoint. */
export function eventsConnectionString(hub: HubConnection): string {
  const address = hub.local
    ? `sb://${hub.local.host}:${hub.local.amqpPort}/`
    : (hub.eventHubEndpoint ?? `sb://${hub.hostName}/`);
  const emulator = hub.local ? ";UseDevelopmentEmulator=true" : "";
  return `Endpoint=${address};SharedAccessKeyName=${hub.keyName};SharedAccessKey=${hub.key};EntityPath=${hub.eventHubPath}${emulator}`;
}
