import { moduleView } from "../identities/view";
import type { JsonObject, ModuleRecord } from "../store/model";
import { answer, param, type HubRequest, type Operation } from "./operation";

/**
 * Module identities: `/devices/d/modules`. An edge device manages its own with its own key, as the identity service of
 * the runtime does.
 */
export const moduleOperations: readonly Operation[] = [
  {
    method: "GET",
    path: "/devices/:deviceId/modules",
    throttledAs: "registry",
    rights: ["RegistryRead"],
    allowsDevice,
    async run(request) {
      const { registry, state } = request.hub;
      const { deviceId } = registry.device(param(request, "deviceId"));
      return Promise.resolve({ status: 200, body: state.modulesOf(deviceId).map((module) => view(request, module)) });
    },
  },
  {
    method: "GET",
    path: "/devices/:deviceId/modules/:moduleId",
    throttledAs: "registry",
    rights: ["RegistryRead"],
    allowsDevice,
    async run(request) {
      const module = request.hub.registry.module(param(request, "deviceId"), param(request, "moduleId"));
      return Promise.resolve(answer(200, view(request, module)));
    },
  },
  {
    method: "PUT",
    path: "/devices/:deviceId/modules/:moduleId",
    throttledAs: "registry",
    rights: ["RegistryWrite"],
    allowsDevice,
    async run(request) {
      const { module, created } = await request.hub.registry.putModule(
        param(request, "deviceId"),
        param(request, "moduleId"),
        request.body,
        request.header("if-match"),
      );
      return answer(created ? 201 : 200, view(request, module));
    },
  },
  {
    method: "DELETE",
    path: "/devices/:deviceId/modules/:moduleId",
    throttledAs: "registry",
    rights: ["RegistryWrite"],
    allowsDevice,
    async run(request) {
      const ifMatch = request.header("if-match");
      await request.hub.registry.removeModule(param(request, "deviceId"), param(request, "moduleId"), ifMatch);
      return { status: 204 };
    },
  },
];

function allowsDevice(request: HubRequest, caller: { deviceId: string; moduleId?: string }): boolean {
  return (
    caller.deviceId === request.params.deviceId &&
    caller.moduleId === undefined &&
    request.hub.state.devices.get(caller.deviceId)?.capabilities.iotEdge === true
  );
}

function view(request: HubRequest, module: ModuleRecord): JsonObject {
  return moduleView(module, request.hub.connections.connectivity(module));
}
