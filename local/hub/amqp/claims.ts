import { parseSas, SasError, verifySas } from "../../protocol/sas";
import { HubError, refuse } from "../errors";
import type { Hub } from "../hub";
import type { Hubs } from "../hubs";

/** What a connection proved with tokens: until when it may use which hub's events. */
export class Claims {
  readonly #expiries = new Map<string, number>();

  constructor(private readonly hubs: Hubs) {}

  /**
   * Takes a token (put-token of CBS).
   *
   * @throws HubError `IotHubUnauthorizedAccess`, `IotHubNotFound`
   */
  async put(text: unknown): Promise<void> {
    if (typeof text !== "string") throw refuse.unauthorized("The token must be a shared access signature as text.");
    try {
      const token = parseSas(text);
      const path = token.resource.replace(/^[a-z]+:\/\//i, "").split("/")[1] ?? "";
      const hub = await this.hubs.byEventHubPath(path);
      const policy = hub.record.policies.find(({ keyName }) => keyName === token.keyName);
      if (policy === undefined)
        throw refuse.unauthorized(`The hub has no policy ${token.keyName ?? "without a name"}.`);
      if (!policy.rights.includes("ServiceConnect")) {
        throw refuse.unauthorized(`The policy ${policy.keyName} has not the right ServiceConnect.`);
      }
      // Event Hubs takes a key as text, not as base64.
      verifySas(token, { keys: [policy.primaryKey, policy.secondaryKey], keyEncoding: "utf8" });
      this.#expiries.set(hub.record.id, token.expiry * 1000);
    } catch (error) {
      if (error instanceof SasError) throw refuse.unauthorized(error.message);
      throw error;
    }
  }

  /**
   * The hub of an event hub path, when a valid token covers it.
   *
   * @throws HubError
   */
  async require(eventHubPath: string): Promise<Hub> {
    const hub = await this.hubs.byEventHubPath(eventHubPath);
    if (!this.covers(hub)) {
      throw new HubError("Unauthorized", 401, `No valid token was put for ${eventHubPath} on this connection.`);
    }
    return hub;
  }

  covers(hub: Hub): boolean {
    return (this.#expiries.get(hub.record.id) ?? 0) > Date.now();
  }
}
