import { parsePublishedTopic } from "../../protocol/topics";
import type { EdgeMessage } from "./message";

/** Where what modules publish goes. */
export interface PublicationHandlers {
  /** Resolves when the message is safe; only then it is confirmed to the module. */
  onMessage: (message: EdgeMessage) => Promise<void>;
  onTwinGet: (moduleId: string, requestId: string) => void;
  onTwinPatch: (moduleId: string, requestId: string, payload: Buffer) => void;
  onMethodResponse: (moduleId: string, requestId: string, status: number, payload: Buffer) => void;
}

/**
 * Hands on what a module has published.
 *
 * @throws Error when the module may not publish to the topic, and what `onMessage` throws
 */
export async function takePublication(
  { deviceId, moduleId }: { deviceId: string; moduleId: string },
  { topic, payload }: { topic: string; payload: Buffer },
  handlers: PublicationHandlers,
): Promise<void> {
  const published = parsePublishedTopic(topic);
  switch (published?.kind) {
    case "events": {
      const { identity, properties } = published;
      if (identity.deviceId !== deviceId || identity.moduleId !== moduleId) break;
      const { on: output, ...system } = properties.system;
      await handlers.onMessage({
        moduleId,
        ...(output === undefined ? {} : { output }),
        properties: { system, application: properties.application },
        body: payload,
        enqueuedAt: Date.now(),
      });
      return;
    }
    case "twin-get":
      handlers.onTwinGet(moduleId, published.requestId);
      return;
    case "twin-patch":
      handlers.onTwinPatch(moduleId, published.requestId, payload);
      return;
    case "method-response":
      handlers.onMethodResponse(moduleId, published.requestId, published.status, payload);
      return;
    case undefined:
  }
  throw new Error(`${deviceId}/${moduleId} may not publish to ${topic}`);
}
