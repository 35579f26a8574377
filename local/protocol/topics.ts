/** Who speaks: a device, or a module of it. */
export interface Identity {
  deviceId: string;
  moduleId?: string;
}

/** What a message carries beside its body. System properties have the names they have on the wire (`mid`, `ct`, …). */
export interface MessageProperties {
  /** `$.name` on the wire: `on` output, `mid` message id, `cid` correlation id, `ct` content type, `ce` encoding, … */
  system: Record<string, string>;
  application: Record<string, string>;
}

/** What a device or module publishes. */
export type PublishedTopic =
  | { kind: "events"; identity: Identity; properties: MessageProperties }
  | { kind: "twin-get"; requestId: string }
  | { kind: "twin-patch"; requestId: string }
  | { kind: "method-response"; requestId: string; status: number };

/** `code` is `INVALID_TOPIC`. */
export class TopicError extends Error {
  override readonly name = "TopicError";
  readonly code = "INVALID_TOPIC";
}

export const twinResponseFilter = "$iothub/twin/res/#";
export const desiredPropertiesFilter = "$iothub/twin/PATCH/properties/desired/#";
export const methodRequestFilter = "$iothub/methods/POST/#";

/** The topic under which an identity sends messages, with its trailing slash. */
export function eventsTopic({ deviceId, moduleId }: Identity): string {
  return moduleId === undefined
    ? `devices/${deviceId}/messages/events/`
    : `devices/${deviceId}/modules/${moduleId}/messages/events/`;
}

/** The filter under which a module receives what routes bring to its inputs. */
export function inputsFilter(deviceId: string, moduleId: string): string {
  return `devices/${deviceId}/modules/${moduleId}/inputs/#`;
}

/** The filter under which a device receives messages from the cloud. */
export function deviceBoundFilter({ deviceId, moduleId }: Identity): string {
  return moduleId === undefined
    ? `devices/${deviceId}/messages/devicebound/#`
    : `devices/${deviceId}/modules/${moduleId}/messages/devicebound/#`;
}

/** The topic of a message for a module's input. The slash after the input's name is what the SDK recognises it by. */
export function inputTopic(deviceId: string, moduleId: string, input: string, properties: MessageProperties): string {
  return `devices/${deviceId}/modules/${moduleId}/inputs/${input}/${encodeProperties(properties)}`;
}

export function twinResponseTopic(status: number, requestId: string, version?: number): string {
  const suffix = version === undefined ? "" : `&$version=${version}`;
  return `$iothub/twin/res/${status}/?$rid=${requestId}${suffix}`;
}

export function desiredPropertiesTopic(version: number): string {
  return `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
}

export function methodRequestTopic(methodName: string, requestId: string): string {
  return `$iothub/methods/POST/${methodName}/?$rid=${requestId}`;
}

/**
 * Reads a topic that a device or module publishes to; nothing when it is none of the protocol's.
 *
 * @throws TopicError when it is, but its properties cannot be read
 */
export function parsePublishedTopic(topic: string): PublishedTopic | undefined {
  if (topic.startsWith("$iothub/")) return parseHubTopic(topic);
  const match = /^devices\/([^/]+)\/(?:modules\/([^/]+)\/)?messages\/events(?:\/(.*))?$/s.exec(topic);
  if (match?.[1] === undefined) return undefined;
  const [, deviceId, moduleId, properties] = match;
  return {
    kind: "events",
    identity: moduleId === undefined ? { deviceId } : { deviceId, moduleId },
    properties: decodeProperties(properties ?? ""),
  };
}

function parseHubTopic(topic: string): PublishedTopic | undefined {
  const match = /^\$iothub\/(twin\/GET|twin\/PATCH\/properties\/reported|methods\/res\/(-?\d{1,9}))\/\?(.*)$/s.exec(
    topic,
  );
  if (match === null) return undefined;
  const [, path, status, query] = match;
  const requestId = /(?:^|&)\$rid=([^&]*)/.exec(query ?? "")?.[1];
  if (requestId === undefined) throw new TopicError(`The topic ${topic} has no request id ($rid).`);
  if (status !== undefined) return { kind: "method-response", requestId, status: Number(status) };
  return { kind: path === "twin/GET" ? "twin-get" : "twin-patch", requestId };
}

/** `%24.ct=application%2Fjson&type=spot`: system properties first. */
export function encodeProperties({ system, application }: MessageProperties): string {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(system)) fields.push(`%24.${encode(name)}=${encode(value)}`);
  for (const [name, value] of Object.entries(application)) fields.push(`${encode(name)}=${encode(value)}`);
  return fields.join("&");
}

/**
 * Reads the last part of a topic, with or without a leading `?` and a trailing `/`.
 *
 * @throws TopicError
 */
export function decodeProperties(text: string): MessageProperties {
  const properties: MessageProperties = { system: {}, application: {} };
  for (const field of text.replace(/^\?/, "").replace(/\/$/, "").split("&")) {
    if (field === "") continue;
    const at = field.indexOf("=");
    const name = decode(at < 0 ? field : field.slice(0, at));
    const value = at < 0 ? "" : decode(field.slice(at + 1));
    if (name.startsWith("$.")) define(properties.system, name.slice(2), value);
    else define(properties.application, name, value);
  }
  return properties;
}

/** A property may be named `__proto__`; it stays one. */
function define(target: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

function encode(text: string): string {
  return encodeURIComponent(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TopicError(`The message property ${JSON.stringify(text)} is not URL-encoded.`);
  }
}

/** What an MQTT user name says: `hub.azure-devices.net/d[/m]/?api-version=…&DeviceClientType=…`. */
export interface MqttUserName {
  hostName: string;
  identity: Identity;
  apiVersion?: string;
}

/** Reads a user name; nothing when it is not one. */
export function parseUserName(userName: string): MqttUserName | undefined {
  const [path = "", query = ""] = userName.split("?", 2);
  const [hostName, deviceId, moduleId, ...rest] = path.replace(/\/$/, "").split("/");
  if (hostName === undefined || hostName === "" || deviceId === undefined || deviceId === "") return undefined;
  if (moduleId === "" || rest.length > 0) return undefined;
  const apiVersion = /(?:^|&)api-version=([^&]*)/.exec(query)?.[1];
  return {
    hostName,
    identity: moduleId === undefined ? { deviceId } : { deviceId, moduleId },
    ...(apiVersion === undefined ? {} : { apiVersion }),
  };
}
