import { message, types } from "rhea";
import type { MessageProperties } from "../../protocol/topics";

export interface EventToEncode {
  sequenceNumber: number;
  /** Milliseconds since 1970. */
  enqueuedTime: number;
  deviceId: string;
  moduleId?: string;
  generationId: string;
  authentication: { scope: "hub" | "device"; type: "sas" | "x509Certificate" };
  properties: MessageProperties;
  body: Buffer;
}

/** A device's message as the built-in endpoint gives it to readers: an AMQP message with the hub's annotations. */
export function encodeEvent(event: EventToEncode): Buffer {
  const { system, application } = event.properties;
  return message.encode({
    message_annotations: {
      "x-opt-sequence-number": types.wrap_long(event.sequenceNumber),
      "x-opt-offset": String(event.sequenceNumber),
      "x-opt-enqueued-time": types.wrap_timestamp(event.enqueuedTime),
      "iothub-connection-device-id": event.deviceId,
      ...(event.moduleId === undefined ? {} : { "iothub-connection-module-id": event.moduleId }),
      "iothub-connection-auth-method": JSON.stringify({
        scope:
          event.moduleId === undefined || event.authentication.scope === "hub" ? event.authentication.scope : "module",
        type: event.authentication.type,
        issuer: "iothub",
        acceptingIpFilterRule: null,
      }),
      "iothub-connection-auth-generation-id": event.generationId,
      "iothub-enqueuedtime": types.wrap_timestamp(event.enqueuedTime),
      "iothub-message-source": "Telemetry",
      ...(system.ifid === undefined ? {} : { "iothub-interface-id": system.ifid }),
      ...(system.sub === undefined ? {} : { "dt-subject": system.sub }),
    },
    ...optional("message_id", system.mid),
    ...optional("correlation_id", system.cid),
    ...optional("user_id", system.uid),
    ...optional("to", system.to),
    ...optional("content_type", system.ct),
    ...optional("content_encoding", system.ce),
    ...creationTime(system.ctime),
    application_properties: { ...application },
    body: message.data_section(event.body) as unknown,
  });
}

function optional(name: string, value: string | undefined): Record<string, unknown> {
  return value === undefined || value === "" ? {} : { [name]: value };
}

function creationTime(text: string | undefined): Record<string, unknown> {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? {} : { creation_time: types.wrap_timestamp(time) };
}
