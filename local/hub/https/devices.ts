import { HubError, refuse } from "../errors";
import { deviceView } from "../identities/view";
import type { DeviceRecord, JsonObject } from "../store/model";
import { isObject } from "../twins/patch";
import { applyContent } from "../deployments/apply";
import { answer, param, type HubRequest, type Operation } from "./operation";

const maximumListed = 1000;
const maximumBulk = 100;

/** Device identities: `/devices`. */
export const deviceOperations: readonly Operation[] = [
  {
    method: "GET",
    path: "/devices",
    throttledAs: "registry",
    rights: ["RegistryRead"],
    async run(request) {
      const top = Number(request.query.top ?? maximumListed);
      const limit = Number.isInteger(top) && top > 0 ? Math.min(top, maximumListed) : maximumListed;
      const devices = [...request.hub.state.devices.values()].slice(0, limit);
      return Promise.resolve({ status: 200, body: devices.map((device) => view(request, device)) });
    },
  },
  {
    method: "POST",
    path: "/devices",
    throttledAs: "registry",
    rights: ["RegistryWrite"],
    run: bulk,
  },
  {
    method: "GET",
    path: "/devices/:deviceId",
    throttledAs: "registry",
    rights: ["RegistryRead"],
    async run(request) {
      return Promise.resolve(answer(200, view(request, request.hub.registry.device(param(request, "deviceId")))));
    },
  },
  {
    method: "PUT",
    path: "/devices/:deviceId",
    throttledAs: "registry",
    rights: ["RegistryWrite"],
    async run(request) {
      const deviceId = param(request, "deviceId");
      const device = await request.hub.registry.putDevice(deviceId, request.body, request.header("if-match"));
      return answer(200, view(request, device));
    },
  },
  {
    method: "DELETE",
    path: "/devices/:deviceId",
    throttledAs: "registry",
    rights: ["RegistryWrite"],
    async run(request) {
      await request.hub.registry.removeDevice(param(request, "deviceId"), request.header("if-match"));
      return { status: 204 };
    },
  },
  {
    method: "POST",
    path: "/devices/:deviceId/applyConfigurationContent",
    throttledAs: "configurations",
    rights: ["RegistryWrite", "ServiceConnect"],
    async run(request) {
      await applyContent(request.hub, param(request, "deviceId"), request.body);
      return { status: 204 };
    },
  },
];

function view(request: HubRequest, device: DeviceRecord): JsonObject {
  return deviceView(device, request.hub.connections.connectivity(device));
}

/** Up to 100 identities at once; those that can be changed are, the others are named. */
async function bulk(request: HubRequest): Promise<{ status: number; body: JsonObject }> {
  const { registry } = request.hub;
  const list = request.body;
  if (!Array.isArray(list) || list.length < 1 || list.length > maximumBulk) {
    throw refuse.argument(`The body must be a list of 1 to ${maximumBulk} devices.`);
  }
  const errors: JsonObject[] = [];
  await Promise.all(
    list.map(async (item: unknown) => {
      const given = isObject(item) ? item : {};
      const deviceId = typeof given.id === "string" ? given.id : "";
      const { id, importMode, eTag, ...rest } = given;
      const ifMatch = typeof eTag === "string" ? eTag : "*";
      try {
        switch (importMode) {
          case "create":
            await registry.putDevice(deviceId, rest, undefined);
            break;
          case "update":
          case "updateIfMatchETag":
            await registry.putDevice(deviceId, rest, importMode === "update" ? "*" : ifMatch);
            break;
          case "delete":
          case "deleteIfMatchETag":
            await registry.removeDevice(deviceId, importMode === "delete" ? "*" : ifMatch);
            break;
          default:
            throw refuse.argument(
              `importMode ${JSON.stringify(importMode)} is not one of create, update, updateIfMatchETag, delete, deleteIfMatchETag.`,
            );
        }
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        errors.push({ deviceId, errorCode: error.code, errorStatus: error.message });
      }
    }),
  );
  return { status: errors.length === 0 ? 200 : 400, body: { isSuccessful: errors.length === 0, errors, warnings: [] } };
}
