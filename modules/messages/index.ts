export * from "./detection";
export * from "./object-detection-twin";
