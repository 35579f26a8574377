export * from "./hub/connection";
export * from "./hub/events";
export * from "./hub/modules";
