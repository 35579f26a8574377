import type { CreateOptions } from "@edge-vision/manifest";
import { parseCameraSource } from "@edge-vision/messages";

/**
 * Devices of the host that a camera source reads: none for clips and network cameras. `raspivid` uses the legacy
 * firmware interface, `rpicam` the kernel's media devices.
 */
export function cameraDevices(source: string): string[] {
  const parsed = parseCameraSource(source);
  switch (parsed.kind) {
    case "raspivid":
      return ["/dev/vchiq", "/dev/vcsm-cma"];
    case "rpicam":
      return ["/dev/vchiq", "/dev/video0", "/dev/media0", "/dev/media1", "/dev/dma_heap/linux,cma"];
    case "v4l2":
      return [parsed.device];
    case "replay":
    case "rtsp":
    case "http":
      return [];
  }
}

/** Container settings that hand over these devices and nothing else of the host; never `Privileged`. */
export function deviceOptions(devices: readonly string[]): CreateOptions {
  if (devices.length === 0) return {};
  return {
    HostConfig: {
      Binds: devices.map((path) => `${path}:${path}`),
      Devices: devices.map((path) => ({ PathOnHost: path, PathInContainer: path, CgroupPermissions: "rwm" })),
      GroupAdd: ["video"],
    },
  };
}
