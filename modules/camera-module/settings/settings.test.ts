import { DesiredPropertyStore } from "./desired-properties";
import { EnvironmentError, readEnvironment } from "./environment";
import { LiveSettings } from "./live-settings";

const endpoint = "http://object-detection:8885/image";

describe("the environment", () => {
  test("has defaults, and empty variables count as unset", () => {
    expect(readEnvironment({ IMAGE_PROCESSING_ENDPOINT: endpoint, FPS: "", PORT: "" })).toEqual({
      endpoint,
      token: undefined,
      host: "127.0.0.1",
      port: 8886,
      preview: false,
      stateFolder: "state",
      watchdogSeconds: 300,
      logLevel: "info",
      settings: {},
    });
  });

  test("gives settings", () => {
    const { settings, preview } = readEnvironment({
      IMAGE_PROCESSING_ENDPOINT: endpoint,
      CAMERA_SOURCE: "replay:clip.mjpeg",
      FPS: "2.5",
      REPORT: "spots",
      SPOTS: '[{"name":"a","polygon":[[0,0],[0.5,0],[0.5,0.5]]}]',
      PREVIEW: "on",
    });
    expect(preview).toBe(true);
    expect(settings).toMatchObject({ source: "replay:clip.mjpeg", fps: 2.5, report: "spots", spots: [{ name: "a" }] });
  });

  test("every fault is told with its variable", () => {
    const read = (): unknown => readEnvironment({ PORT: "http", FPS: "-1", SPOTS: "[", REPORT: "all", PREVIEW: "yes" });
    expect(read).toThrow(EnvironmentError);
    expect(read).toThrow(/IMAGE_PROCESSING_ENDPOINT: is missing; set it to the inference service/);
    expect(read).toThrow(/PORT: "http" is not a number/);
    expect(read).toThrow(/SPOTS: is not JSON/);
    expect(read).toThrow(/PREVIEW: must be "on" or "off"/);
    expect(() => readEnvironment({ IMAGE_PROCESSING_ENDPOINT: endpoint, FPS: "-1", REPORT: "all" })).toThrow(
      /FPS: .*\n.*REPORT: /,
    );
  });
});

describe("desired properties", () => {
  test("win over the environment, and removing one brings the environment's back", () => {
    const changes: number[] = [];
    const live = new LiveSettings({ source: "rpicam:", fps: 1 }, (settings) => changes.push(settings.fps));
    expect(live.current).toBeUndefined();
    expect(live.apply({ fps: 5, $version: 3, $metadata: {} })).toEqual({ version: 3, status: "applied", faults: null });
    expect(live.current).toMatchObject({ source: "rpicam:", fps: 5 });
    expect(live.apply({ $version: 4 })).toEqual({ version: 4, status: "applied", faults: null });
    expect(changes).toEqual([5, 1]);
  });

  test("with a fault change nothing and are refused with every reason", () => {
    const live = new LiveSettings({ source: "rpicam:" }, () => undefined);
    live.apply({ fps: 3, $version: 1 });
    expect(live.apply({ fps: "5", threshold: 2, $version: 2 })).toMatchObject({
      version: 2,
      status: "refused",
      faults: [{ path: "fps" }, { path: "threshold" }],
    });
    expect(live.current?.fps).toBe(3);
  });

  test("without any source are refused", () => {
    expect(new LiveSettings({}, () => undefined).apply({ $version: 1 })).toEqual({
      version: 1,
      status: "refused",
      faults: [{ path: "source", message: "is missing: neither the module twin nor CAMERA_SOURCE names a camera" }],
    });
  });

  test("patches replace arrays, merge objects, remove nulls and tell gaps", () => {
    const store = new DesiredPropertyStore();
    expect(store.patch({ fps: 1, $version: 2 })).toBe("gap");
    store.replace({ labels: ["a", "b"], nested: { x: 1, y: 2 }, fps: 5, $version: 4 });
    expect(store.replace({ labels: [], $version: 4 })).toBeUndefined();
    expect(store.patch({ labels: ["c"], nested: { x: null }, fps: null, $version: 5 })).toEqual({
      labels: ["c"],
      nested: { y: 2 },
      $version: 5,
    });
    expect(store.patch({ labels: ["old"], $version: 5 })).toBeUndefined();
    expect(store.patch({ fps: 1, $version: 7 })).toBe("gap");
  });
});
