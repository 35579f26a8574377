import type { RoutedMessage } from "@edge-vision/manifest";
import type { MessageProperties } from "../../protocol/topics";

/** A message that a module sent to edgeHub. */
export interface EdgeMessage {
  moduleId: string;
  /** The output's name; none when the module sent to the hub without naming one. */
  output?: string;
  properties: MessageProperties;
  body: Buffer;
  /** When edgeHub took it; milliseconds since 1970. */
  enqueuedAt: number;
}

/** The names that conditions use for what is abbreviated on the wire. */
const systemNames: Record<string, string> = {
  mid: "messageId",
  cid: "correlationId",
  ct: "contentType",
  ce: "contentEncoding",
  uid: "userId",
  exp: "expiryTimeUtc",
  to: "to",
  on: "outputName",
};

/** What routes look at. */
export function routedMessage(message: EdgeMessage, deviceId: string): RoutedMessage {
  const module = `/messages/modules/${message.moduleId}`;
  const systemProperties: Record<string, string> = {
    connectionDeviceId: deviceId,
    connectionModuleId: message.moduleId,
  };
  for (const [name, value] of Object.entries(message.properties.system)) {
    systemProperties[systemNames[name] ?? name] = value;
  }
  return {
    source: message.output === undefined ? module : `${module}/outputs/${message.output}`,
    applicationProperties: message.properties.application,
    systemProperties,
    body: message.body,
  };
}

/** A message as bytes: the length of a JSON header, the header, the body. */
export function encodeMessage({ body, ...header }: EdgeMessage): Buffer {
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, body]);
}

export function decodeMessage(bytes: Buffer): EdgeMessage {
  const start = 4 + bytes.readUInt32BE(0);
  const header = JSON.parse(bytes.toString("utf8", 4, start)) as Omit<EdgeMessage, "body">;
  return { ...header, body: bytes.subarray(start) };
}
