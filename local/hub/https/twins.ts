import type { JsonObject, TwinRecord } from "../store/model";
import { twinView } from "../twins/view";
import type { Hub } from "../hub";
import { answer, param, type HubRequest, type Operation } from "./operation";

const paths = ["/twins/:deviceId", "/twins/:deviceId/modules/:moduleId"] as const;

/** Twins and direct methods: `/twins/d[/modules/m]`. */
export const twinOperations: readonly Operation[] = paths.flatMap((path): Operation[] => [
  {
    method: "GET",
    path,
    throttledAs: "twins",
    rights: ["ServiceConnect"],
    async run(request) {
      return Promise.resolve(answer(200, viewTwin(request.hub, request.hub.twins.get(identityOf(request)))));
    },
  },
  {
    method: "PATCH",
    path,
    throttledAs: "twins",
    rights: ["ServiceConnect"],
    async run(request) {
      const { hub, body } = request;
      return answer(200, viewTwin(hub, await hub.twins.patch(identityOf(request), body, request.header("if-match"))));
    },
  },
  {
    method: "PUT",
    path,
    throttledAs: "twins",
    rights: ["ServiceConnect"],
    async run(request) {
      const { hub, body } = request;
      return answer(200, viewTwin(hub, await hub.twins.replace(identityOf(request), body, request.header("if-match"))));
    },
  },
  {
    method: "POST",
    path: `${path}/methods`,
    throttledAs: "methods",
    rights: ["ServiceConnect"],
    async run(request) {
      const identity = identityOf(request);
      request.hub.twins.get(identity);
      return { status: 200, body: await request.hub.methods.invoke(identity, request.body) };
    },
  },
]);

/** A twin with what the registry and the connections know of its owner. */
export function viewTwin(hub: Hub, twin: TwinRecord): JsonObject {
  const device = hub.registry.device(twin.deviceId);
  const module = twin.moduleId === undefined ? undefined : hub.registry.module(twin.deviceId, twin.moduleId);
  return twinView(twin, { device, ...(module === undefined ? {} : { module }) }, hub.connections.connectivity(twin));
}

function identityOf(request: HubRequest): { deviceId: string; moduleId?: string } {
  const { moduleId } = request.params;
  const deviceId = param(request, "deviceId");
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}
