import { type CameraSettings, cameraSettingsSchema } from "@edge-vision/messages";
import type { SpotStorage } from "../spots/spot-storage";
import { SpotWatch } from "../spots/spot-watch";
import { type Disturbance, disturb } from "./disturb";
import { Random } from "./random";
import type { Scene } from "./scene";
import type { ReportedEvent } from "./score";

export interface WatchOptions {
  fps: number;
  seconds: number;
  seed: number;
  disturbance: Disturbance;
}

const forgetful: SpotStorage = {
  readSpots: () => Promise.resolve(undefined),
  writeSpots: () => Promise.resolve(),
  readEvents: () => Promise.resolve([]),
  addEvent: () => Promise.resolve(),
  removeEvent: () => Promise.resolve(),
};

/** The camera's settings for a scene: defaults but for its spots. */
export function settingsFor(scene: Scene): CameraSettings {
  return cameraSettingsSchema.parse({ source: "rpicam:", report: "spots", spots: scene.spots });
}

/** Lets the camera's spot watch judge a scene, faster than real time, with a detector that has faults. */
export async function watchScene(scene: Scene, options: WatchOptions): Promise<ReportedEvent[]> {
  const { fps, seconds, seed, disturbance } = options;
  const random = new Random(seed);
  const reports: ReportedEvent[] = [];
  let decidedAt = 0;
  const watch = await SpotWatch.open({
    storage: forgetful,
    camera: "scene",
    onEvent: ({ event: { spot, event } }) => reports.push({ spot, event, decidedAt }),
    onStorageFault: (error) => {
      throw error;
    },
  });
  watch.configure(settingsFor(scene));
  const { width, height } = scene.view;
  for (let frame = 0; frame < seconds * fps; frame++) {
    const time = frame / fps;
    const detections = disturb(scene.detections(time), scene.view, disturbance, random);
    const tick = time * 1000;
    decidedAt = time;
    watch.observe({ moment: { wall: tick, tick, boot: "scene" }, width, height, detections });
    await watch.settled();
  }
  return reports;
}
