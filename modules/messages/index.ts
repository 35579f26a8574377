export * from "./detection";
export * from "./object-detection-twin";
export * from "./camera-settings";
export * from "./camera-source";
export * from "./camera-twin";
export * from "./detections-report";
export * from "./polygon";
export * from "./spot-event";
