import { request } from "node:https";
import { createSas } from "../../protocol/sas";
import type { EdgeConfig } from "../config";
import type { HubEndpoint } from "../hub-endpoint";

/** A module identity as the hub's service API shows it. */
export interface HubModule {
  moduleId: string;
  managedBy?: string;
  generationId: string;
  authentication: { type: string; symmetricKey?: { primaryKey?: string; secondaryKey?: string } };
}

/** The hub refused a call. `code` is `HUB_CALL_FAILED`; `status` is HTTP's. */
export class HubCallError extends Error {
  override readonly name = "HubCallError";
  readonly code = "HUB_CALL_FAILED";
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const apiVersion = "2021-04-12";
const tokenSeconds = 3600;
const timeoutMs = 15_000;
const managedBy = "IotEdge";

/** The calls that a device may make for its own modules, signed with the device's own key. */
export class HubRegistry {
  constructor(
    private readonly device: EdgeConfig,
    private readonly endpoint: HubEndpoint | undefined,
  ) {}

  async list(): Promise<HubModule[]> {
    return (await this.call("GET", "modules")) as HubModule[];
  }

  /** The identity, or nothing when the hub has none of that name. */
  async find(moduleId: string): Promise<HubModule | undefined> {
    try {
      return (await this.call("GET", `modules/${encodeURIComponent(moduleId)}`)) as HubModule;
    } catch (error) {
      if ((error as HubCallError).status === 404) return undefined;
      throw error;
    }
  }

  /** Makes an identity whose keys the hub chooses. */
  async create(moduleId: string): Promise<HubModule> {
    return (await this.call("PUT", `modules/${encodeURIComponent(moduleId)}`, {
      deviceId: this.device.deviceId,
      moduleId,
      managedBy,
      authentication: { type: "sas", symmetricKey: { primaryKey: "", secondaryKey: "" } },
    })) as HubModule;
  }

  async remove(moduleId: string): Promise<void> {
    try {
      await this.call("DELETE", `modules/${encodeURIComponent(moduleId)}`);
    } catch (error) {
      if ((error as HubCallError).status !== 404) throw error;
    }
  }

  private call(method: string, path: string, body?: object): Promise<unknown> {
    const { hubHostName, deviceId, deviceKey } = this.device;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const token = createSas({
      resource: `${hubHostName}/devices/${deviceId}`,
      key: deviceKey,
      expiry: Math.floor(Date.now() / 1000) + tokenSeconds,
    });
    const where = `/devices/${encodeURIComponent(deviceId)}/${path}?api-version=${apiVersion}`;
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: this.endpoint?.host ?? hubHostName,
          port: this.endpoint?.httpsPort ?? 443,
          ca: this.endpoint?.ca,
          servername: hubHostName,
          agent: false,
          method,
          path: where,
          timeout: timeoutMs,
          headers: {
            Host: hubHostName,
            Authorization: token,
            ...(method === "DELETE" ? { "If-Match": "*" } : {}),
            ...(payload === undefined
              ? {}
              : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(payload) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.once("error", reject);
          response.once("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            const status = response.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(text === "" ? undefined : JSON.parse(text));
            else
              reject(
                new HubCallError(status, `The hub answered ${method} ${where} with ${status}: ${text.slice(0, 300)}`),
              );
          });
        },
      );
      sent.once("timeout", () => {
        sent.destroy(new HubCallError(0, `The hub did not answer ${method} ${where} within ${timeoutMs / 1000} s.`));
      });
      sent.once("error", reject);
      sent.end(payload);
    });
  }
}
