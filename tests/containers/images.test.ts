import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip } from "node:zlib";
import { detectionsSchema } from "@edge-vision/messages";
import { photos, reference, unmatched } from "../object-detection/reference";
import { Docker } from "./docker";
import { PackageArchive } from "./package-archive";

const MINUTES = 60_000;
const root = join(__dirname, "..", "..");
const platforms = { amd64: "linux/amd64", arm64v8: "linux/arm64", arm32v7: "linux/arm/v7" } as const;
type Architecture = keyof typeof platforms;
const architectures = Object.keys(platforms) as Architecture[];

let docker: Docker;
const containers: string[] = [];

beforeAll(async () => {
  docker = await Docker.start();
  if ((await readFile("/proc/filesystems", "utf8")).includes("binfmt_misc")) {
    await promisify(execFile)("update-binfmts", ["--enable"]).catch(() => undefined);
  }
}, 5 * MINUTES);

afterEach(async () => {
  for (const container of containers.splice(0)) await docker.run("rm", "--force", container);
});

afterAll(() => docker.stop(), MINUTES);

async function build(module: string, architecture: Architecture, ...flags: string[]): Promise<string> {
  const tag = `${module}:${architecture}`;
  const base = await docker.base(architecture);
  await docker.base("amd64");
  const file = join(root, "modules", module, "Dockerfile");
  const target = ["--platform", platforms[architecture], "--build-arg", `NODE_IMAGE=${base}`];
  await docker.run("build", "--network", "host", ...target, "--file", file, "--tag", tag, ...flags, root);
  return tag;
}

async function inspect<T>(image: string, path: string): Promise<T> {
  return JSON.parse(await docker.run("image", "inspect", "--format", `{{json ${path}}}`, image)) as T;
}

/**
 * What a Raspberry Pi 4 says of its processor. The emulator shows the processor of this machine instead, and ONNX
 * Runtime for Arm does not survive that.
 */
async function armProcessor(folder: string): Promise<string> {
  const features = "BogoMIPS: 108.00\nFeatures: fp asimd evtstrm crc32 cpuid\nCPU implementer: 0x41\n";
  const model = "CPU architecture: 8\nCPU variant: 0x0\nCPU part: 0xd08\nCPU revision: 3\n";
  const file = join(folder, "cpuinfo");
  await writeFile(
    file,
    [0, 1].map((core) => `processor: ${core}\n${features}${model}`.replaceAll(": ", "\t: ")).join("\n"),
  );
  return file;
}

/** Starts a container as a device does, with nothing writable but what is said, and waits until it answers. */
async function start(
  image: string,
  path: string,
  environment: Record<string, string>,
  ...mounts: string[]
): Promise<string> {
  const port = await freePort();
  const variables = Object.entries({ PORT: String(port), HOST: "127.0.0.1", ...environment });
  const flags = ["--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", ...mounts];
  // Asked more often than on a device, and with more patience for emulated processors.
  flags.push("--health-interval", "10s", "--health-timeout", "2m");
  const settings = variables.flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  const container = await docker.run("run", "--detach", ...flags, ...settings, image);
  containers.push(container);
  const address = `http://127.0.0.1:${port}`;
  const until = Date.now() + 8 * MINUTES;
  for (;;) {
    const answer = await fetch(address + path).catch(() => undefined);
    if (answer?.ok) {
      await healthy(container);
      return address;
    }
    if (Date.now() > until) {
      throw new Error(`${image} did not answer ${path}\n${await docker.run("logs", "--tail", "20", container)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function healthy(container: string): Promise<void> {
  const until = Date.now() + 8 * MINUTES;
  for (;;) {
    const health = await docker.run("inspect", "--format", "{{json .State.Health}}", container);
    if ((JSON.parse(health) as { Status: string }).Status === "healthy") return;
    if (Date.now() > until) throw new Error(`the health check of ${container} fails: ${health}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(architectures)("object-detection for %s", (architecture) => {
  let image: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "edge-vision-processor-"));
    image = await build("object-detection", architecture);
  }, 20 * MINUTES);
  afterAll(() => rm(folder, { recursive: true }));

  it(
    "runs on a read-only file system and finds what the reference says",
    async () => {
      const mounts = architecture === "arm64v8" ? ["--volume", `${await armProcessor(folder)}:/proc/cpuinfo:ro`] : [];
      // An emulated processor takes most of a minute for a picture.
      const address = await start(image, "/readyz", { SESSIONS: "1", DEADLINE: "600" }, ...mounts);
      const response = await fetch(`${address}/image`, {
        method: "POST",
        headers: { "content-type": "image/jpeg" },
        body: await readFile(join(photos, "dog.jpg")),
      });
      const found = detectionsSchema.parse(await response.json());
      expect(unmatched(reference["dog.jpg"] ?? [], found)).toEqual([]);
      expect(unmatched(found, reference["dog.jpg"] ?? [])).toEqual([]);
    },
    20 * MINUTES,
  );

  it(
    "holds the target's binaries only, under a user without rights",
    async () => {
      await expect(inspect(image, ".Config.Labels")).resolves.toMatchObject({
        "org.opencontainers.image.title": "object-detection",
        "org.opencontainers.image.licenses": "MIT",
      });
      const isBinary = "(file) => /[.](node|wasm)$|[.]so/.test(file)";
      const list = `require("fs").readdirSync("node_modules", { recursive: true }).filter(${isBinary})`;
      const script = `JSON.stringify({ user: process.getuid(), names: ${list} })`;
      const answer = await docker.run("run", "--rm", "--network", "host", image, "node", "-p", script);
      const { user, names } = JSON.parse(answer) as { user: number; names: string[] };
      expect(user).toBe(1000);
      const cpu = { amd64: "x64", arm64v8: "arm64", arm32v7: "arm" }[architecture];
      expect(names.length).toBeGreaterThanOrEqual(3);
      for (const name of names)
        expect(name).toMatch(new RegExp(`linux[-/]${cpu}/|${cpu === "arm" ? "[.]wasm$" : "^$"}`));
    },
    MINUTES,
  );

  it(
    "tells what it is made of",
    async () => {
      const sbom = JSON.parse(await docker.run("run", "--rm", "--network", "host", image, "cat", "sbom.json")) as {
        bomFormat: string;
        components: { name: string }[];
      };
      expect(sbom.bomFormat).toBe("CycloneDX");
      expect(sbom.components.map(({ name }) => name)).toEqual(expect.arrayContaining(["fastify", "sharp"]));
    },
    MINUTES,
  );
});

describe("an image", () => {
  it(
    "is at most 150 MB, compressed, for arm64v8 with the model",
    async () => {
      const image = await build("object-detection", "arm64v8");
      const folder = await mkdtemp(join(tmpdir(), "edge-vision-image-"));
      const archive = join(folder, "image.tar");
      await docker.run("save", "--output", archive, image);
      let bytes = 0;
      const count = new Writable({
        write: (chunk: Buffer, _, done) => {
          bytes += chunk.length;
          done();
        },
      });
      await pipeline(createReadStream(archive), createGzip(), count);
      await rm(folder, { recursive: true });
      expect(bytes).toBeGreaterThan(20e6);
      expect(bytes).toBeLessThanOrEqual(150e6);
    },
    20 * MINUTES,
  );

  it.each(["object-detection", "camera-module"])(
    "of %s has the same layers when it is built again",
    async (module) => {
      const first = await inspect(await build(module, "amd64"), ".RootFS.Layers");
      const second = await inspect(await build(module, "amd64", "--no-cache"), ".RootFS.Layers");
      expect(second).toEqual(first);
    },
    20 * MINUTES,
  );
});

// Raspberry Pi's archive may be out of reach here: one image has Debian's packages only, the other takes the camera
// tools from an archive of the same form.
const cameraTools = "#!/bin/sh\necho camera tools\n";
const isRaspberryPi = (architecture: Architecture): boolean => architecture === "arm64v8";

function archiveFlags({ address, key }: PackageArchive, trusted = key): string[] {
  return ["--build-arg", `RASPBERRY_PI_ARCHIVE=${address}`, "--build-arg", `RASPBERRY_PI_KEY=${trusted}`];
}

describe.each(architectures)("camera-module for %s", (architecture) => {
  let image: string;
  let archive: PackageArchive;
  let state: string;
  beforeAll(async () => {
    // What an earlier run has left: without it the module waits for the hub before it opens its camera.
    state = await mkdtemp(join(tmpdir(), "edge-vision-state-"));
    await chmod(state, 0o777);
    await writeFile(join(state, "settings.json"), "{}");
    archive = await PackageArchive.start("rpicam-apps-lite", "arm64", "rpicam-vid", cameraTools);
    const flags = isRaspberryPi(architecture) ? archiveFlags(archive) : ["--build-arg", "RASPBERRY_PI_PACKAGES="];
    image = await build("camera-module", architecture, ...flags);
  }, 20 * MINUTES);
  afterAll(async () => {
    await archive.stop();
    await rm(state, { recursive: true });
  });

  it(
    "plays its clip on a read-only file system, as a member of the group of cameras",
    async () => {
      const environment = {
        PREVIEW: "on",
        CAMERA_SOURCE: "replay:footage/courtyard.mjpeg",
        IMAGE_PROCESSING_ENDPOINT: "http://127.0.0.1:9/image",
        IOTEDGE_DEVICEID: "device",
        IOTEDGE_MODULEID: "camera-module",
        IOTEDGE_MODULEGENERATIONID: "1",
        IOTEDGE_IOTHUBHOSTNAME: "none.azure-devices.net",
        IOTEDGE_GATEWAYHOSTNAME: "localhost:9",
        IOTEDGE_AUTHSCHEME: "sasToken",
        IOTEDGE_APIVERSION: "2022-08-03",
        IOTEDGE_WORKLOADURI: "unix:///tmp/workload.sock",
      };
      const address = await start(image, "/snapshot.jpg", environment, "--volume", `${state}:/data`);
      const frame = Buffer.from(await (await fetch(`${address}/snapshot.jpg`)).arrayBuffer());
      expect(frame.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
      const user = "[process.getuid(), process.getgid()].join()";
      await expect(docker.run("run", "--rm", "--network", "host", image, "node", "-p", user)).resolves.toBe("1000,44");
    },
    20 * MINUTES,
  );

  it(
    "has FFmpeg for cameras that need it",
    async () => {
      const version = await docker.run("run", "--rm", "--network", "host", image, "ffmpeg", "-hide_banner", "-version");
      expect(version).toMatch(/^ffmpeg version \d/);
    },
    MINUTES,
  );

  if (isRaspberryPi(architecture)) {
    it(
      "has the camera tools of Raspberry Pi's archive",
      async () => {
        await expect(docker.run("run", "--rm", "--network", "host", image, "rpicam-vid")).resolves.toBe("camera tools");
      },
      MINUTES,
    );

    it(
      "is not built from an archive with another key",
      async () => {
        const stranger = "0".repeat(40);
        await expect(build("camera-module", architecture, ...archiveFlags(archive, stranger))).rejects.toThrow(
          `${archive.address} has no key ${stranger}`,
        );
      },
      20 * MINUTES,
    );
  }
});
