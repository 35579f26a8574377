export * from "./sdk/device-deployment";
export * from "./sdk/device-identity";
export * from "./sdk/enrollment-group";
export * from "./sdk/fleet-deployment";
export * from "./sdk/provider";
export * from "./sdk/registry-pull-token";
