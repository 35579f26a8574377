import type { LocalImage } from "./image-store";
import { exposedPorts, moduleEnvironment, replaceHosts, type EnvironmentInput } from "./module-environment";

const image: LocalImage = {
  reference: "r.azurecr.io/camera@sha256:0",
  folder: "/images/camera",
  entry: "/images/camera/main.js",
  workingDirectory: "/images/camera",
  env: { FROM_IMAGE: "1", BOTH: "image" },
  exposedPorts: ["8886/tcp"],
  nodePath: ["/a/node_modules", "/b/node_modules"],
};

function environment(change: Partial<EnvironmentInput>): ReturnType<typeof moduleEnvironment> {
  return moduleEnvironment({
    moduleId: "camera-module",
    image,
    env: {},
    createOptions: {},
    base: { PATH: "/bin" },
    identity: { IOTEDGE_MODULEID: "camera-module", RuntimeLogLevel: "info" },
    ports: { "camera-module": { "8886/tcp": 1001 }, "object-detection": { "8885/tcp": 1002 } },
    volumes: "/state/volumes",
    exists: () => false,
    ...change,
  });
}

test.each([
  ["http://object-detection:8885/image", "http://127.0.0.1:1002/image"],
  ["http://object-detection:8885", "http://127.0.0.1:1002"],
  ["ws://object-detection:8885?a=b", "ws://127.0.0.1:1002?a=b"],
  ["http://web/x", "http://127.0.0.1:1003/x"],
  [
    "http://object-detection:8885/a, http://object-detection:8885/b",
    "http://127.0.0.1:1002/a, http://127.0.0.1:1002/b",
  ],
  // Another port, another host, no address at all: left as they are.
  ["http://object-detection:9999/image", "http://object-detection:9999/image"],
  ["http://object-detection-2:8885/image", "http://object-detection-2:8885/image"],
  ["http://example.com:8885/", "http://example.com:8885/"],
  ["http://object-detection:8885.example.com/", "http://object-detection:8885.example.com/"],
  ["object-detection", "object-detection"],
])("%s becomes %s", (value, expected) => {
  const ports = { "object-detection": { "8885/tcp": 1002 }, web: { "80/tcp": 1003 } };
  expect(replaceHosts(value, ports)).toBe(expected);
});

test("the manifest wins over the image, createOptions over both; PORT is the loopback port", () => {
  const { env, notes } = environment({
    env: { BOTH: "manifest", ALL: "manifest", RuntimeLogLevel: "debug" },
    createOptions: { Env: ["ALL=createOptions", "EMPTY"] },
  });
  expect(env).toEqual({
    PATH: "/bin",
    NODE_PATH: "/a/node_modules:/b/node_modules",
    IOTEDGE_MODULEID: "camera-module",
    RuntimeLogLevel: "debug",
    FROM_IMAGE: "1",
    BOTH: "manifest",
    ALL: "createOptions",
    EMPTY: "",
    PORT: "1001",
  });
  expect(notes).toEqual([]);
});

test("binds become folders, and values that point into them follow; what is not here is left out and told", () => {
  const { env, folders, notes } = environment({
    env: { STATE: "/data/state", ROOT: "/data", OTHER: "/database", MODELS: "/data/models/a.onnx", TMP_DIR: "/host/x" },
    createOptions: {
      HostConfig: {
        Binds: ["camera:/data", "models:/data/models:ro", "/tmp:/host", "/dev/vchiq:/dev/vchiq"],
        Devices: [{ PathOnHost: "/dev/vchiq", PathInContainer: "/dev/vchiq", CgroupPermissions: "rwm" }],
      },
      Cmd: ["node", "other.js"],
    },
    exists: (hostPath) => hostPath === "/tmp",
  });
  expect(folders).toEqual(["/state/volumes/camera", "/state/volumes/models"]);
  expect(env).toMatchObject({
    STATE: "/state/volumes/camera/state",
    ROOT: "/state/volumes/camera",
    OTHER: "/database",
    MODELS: "/state/volumes/models/a.onnx",
    TMP_DIR: "/tmp/x",
  });
  expect(notes).toEqual([
    "The bind /dev/vchiq:/dev/vchiq is left out: /dev/vchiq is not on this machine.",
    "The device /dev/vchiq is left out: it is not on this machine.",
    "createOptions.Cmd is left out: modules run as processes here.",
    "STATE: /data/state is /state/volumes/camera/state here.",
    "ROOT: /data is /state/volumes/camera here.",
    "MODELS: /data/models/a.onnx is /state/volumes/models/a.onnx here.",
    "TMP_DIR: /host/x is /tmp/x here.",
  ]);
});

test("a module that listens on all addresses of its container listens on loopback here", () => {
  const { env, notes } = environment({ env: { HOST: "0.0.0.0" } });
  expect(env.HOST).toBe("127.0.0.1");
  expect(notes).toEqual(["HOST: 0.0.0.0 is 127.0.0.1 here."]);
});

test("exposed ports are the image's and createOptions', each once", () => {
  const createOptions = {
    ExposedPorts: { "8886/tcp": {}, "9000/tcp": {} },
    HostConfig: { PortBindings: { "9001/tcp": [{ HostPort: "80" }] } },
  };
  expect(exposedPorts(image, createOptions)).toEqual(["8886/tcp", "9000/tcp", "9001/tcp"]);
});
