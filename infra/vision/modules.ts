import type { CreateOptions, DeploymentSpec, JsonObject, ModuleSpec, RouteWithPriority } from "@edge-vision/manifest";
import type { CameraConfig, ModuleId } from "../config/schema";
import { cameraDevices, deviceOptions } from "./camera-devices";

/** What the two modules of one device are made from. */
export interface VisionSpec {
  images: Record<ModuleId, string>;
  camera: CameraConfig;
  /** The detector. @default the one in the image */
  model?: JsonObject;
  /** Serve the latest frame on the device. */
  preview: boolean;
  edgeAgentImage: string;
  edgeHubImage: string;
  timeToLiveSecs: number;
  /** Routes beside {@link ROUTES}; one of the same name takes its place. */
  routes: Record<string, string | RouteWithPriority>;
}

/** Ports that the modules serve on. */
export const MODULE_PORTS = { "camera-module": 8886, "object-detection": 8885 } as const satisfies Record<
  ModuleId,
  number
>;

/** Folder for what a module keeps over restarts; a named volume lies there. */
const DATA = "/data";

/** The route on which everything the camera reports goes to the cloud. */
export const ROUTES = { detections: "FROM /messages/modules/camera-module/outputs/output1 INTO $upstream" } as const;

/** The deployment of one device: camera, detector and the route between the camera and the cloud. */
export function visionDeployment(spec: VisionSpec): DeploymentSpec {
  return {
    edgeAgentImage: spec.edgeAgentImage,
    edgeHubImage: spec.edgeHubImage,
    timeToLiveSecs: spec.timeToLiveSecs,
    routes: { ...ROUTES, ...spec.routes },
    modules: [objectDetection(spec), cameraModule(spec)],
  };
}

function objectDetection({ images, model }: VisionSpec): ModuleSpec {
  return {
    moduleId: "object-detection",
    image: images["object-detection"],
    startupOrder: 1,
    env: { PORT: String(MODULE_PORTS["object-detection"]) },
    createOptions: serve("object-detection"),
    ...(model && { desired: { model } }),
  };
}

function cameraModule({ images, camera, preview }: VisionSpec): ModuleSpec {
  const devices = deviceOptions(cameraDevices(camera.source));
  const options = serve("camera-module");
  return {
    moduleId: "camera-module",
    image: images["camera-module"],
    startupOrder: 2,
    env: {
      IMAGE_PROCESSING_ENDPOINT: `http://object-detection:${MODULE_PORTS["object-detection"]}/image`,
      PORT: String(MODULE_PORTS["camera-module"]),
      STATE: DATA,
      PREVIEW: preview ? "on" : "off",
    },
    createOptions: {
      ...options,
      HostConfig: {
        ...devices.HostConfig,
        Binds: [...(options.HostConfig?.Binds ?? []), ...(devices.HostConfig?.Binds ?? [])],
      },
    },
    // In the twin, not in env: a change there reaches the running camera.
    desired: camera,
  };
}

/** A module that listens on its port for its siblings, and keeps data in a volume. */
function serve(moduleId: ModuleId): CreateOptions {
  return {
    ExposedPorts: { [`${MODULE_PORTS[moduleId]}/tcp`]: {} },
    HostConfig: { Binds: [`${moduleId}-data:${DATA}`] },
  };
}
