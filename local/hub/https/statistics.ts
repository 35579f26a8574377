import type { Operation } from "./operation";

/** Counts: `/statistics/devices` and `/statistics/service`. */
export const statisticsOperations: readonly Operation[] = [
  {
    method: "GET",
    path: "/statistics/devices",
    throttledAs: "registry",
    rights: ["RegistryRead", "ServiceConnect"],
    async run({ hub }) {
      const devices = [...hub.state.devices.values()];
      const enabledDeviceCount = devices.filter(({ status }) => status === "enabled").length;
      return Promise.resolve({
        status: 200,
        body: {
          totalDeviceCount: devices.length,
          enabledDeviceCount,
          disabledDeviceCount: devices.length - enabledDeviceCount,
        },
      });
    },
  },
  {
    method: "GET",
    path: "/statistics/service",
    throttledAs: "registry",
    rights: ["RegistryRead", "ServiceConnect"],
    async run({ hub }) {
      return Promise.resolve({ status: 200, body: { connectedDeviceCount: hub.connections.count } });
    },
  },
];
