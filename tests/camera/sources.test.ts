import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { v4l2 } from "@edge-vision/camera-module/dist/sources/ffmpeg";
import { raspivid } from "@edge-vision/camera-module/dist/sources/pi-camera";
import { ProcessSource } from "@edge-vision/camera-module/dist/sources/process-source";
import { parseCameraSource } from "@edge-vision/messages";
import { openSource } from "@edge-vision/camera-module/dist/sources/open-source";
import { surviveCuts } from "@edge-vision/camera-module/dist/testing/survive-cuts";

const footage = resolve(__dirname, "../../footage/courtyard.mjpeg");
const path = process.env.PATH ?? "";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sources-"));
});

afterEach(async () => {
  process.env.PATH = path;
  await rm(folder, { recursive: true, force: true });
});

/** Arguments of every process that the test has started, as any user of the machine can read them. */
function commandLines(of: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.startsWith(of));
}

async function startRtspServer(port: number): Promise<{ server: ChildProcess; port: number }> {
  const server = spawn("/usr/bin/python3", [join(__dirname, "rtsp-server.py"), String(port)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  return { server, port: Number(line.toString()) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "close");
}

test("an RTSP camera behind a password is cut off and brought back three times", async () => {
  let { server, port } = await startRtspServer(0);
  let lines: string[] = [];
  try {
    const { pictures, failures } = await surviveCuts(
      () => openSource(`rtsp://admin:s3cret@127.0.0.1:${port}/live`, () => 10),
      {
        cut: async () => {
          lines = lines.concat(commandLines("ffmpeg"));
          await stop(server);
        },
        bringBack: async () => {
          ({ server, port } = await startRtspServer(port));
        },
      },
    );
    expect([pictures[0]?.width, pictures[0]?.height]).toEqual([320, 240]);
    expect(failures.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.join() + failures.join()).not.toContain("s3cret");
  } finally {
    await stop(server);
  }
}, 300_000);

/** A program with the name, options and output of a camera tool: it refuses what the tool would refuse. */
async function installCameraTool(name: string, options: Record<string, RegExp>): Promise<string> {
  const pidFile = join(folder, `${name}.pid`);
  const known = JSON.stringify(Object.fromEntries(Object.entries(options).map(([key, value]) => [key, value.source])));
  const script = `#!${process.execPath}
const known = ${known};
const given = process.argv.slice(2);
for (let i = 0; i < given.length; i++) {
  const pattern = known[given[i]];
  if (pattern === undefined) { console.error("ERROR: *** unrecognised option '" + given[i] + "' ***"); process.exit(255); }
  if (pattern !== "(?:)" && !new RegExp(pattern).test(given[++i])) { console.error("ERROR: *** bad value " + given[i] + " ***"); process.exit(255); }
}
const fs = require("node:fs");
fs.writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
const clip = fs.readFileSync(${JSON.stringify(footage)});
let at = 0;
process.stdout.on("error", () => process.exit(0));
setInterval(() => { process.stdout.write(clip.subarray(at, at + 60000)); at = (at + 60000) % clip.length; }, 20);
`;
  await writeFile(join(folder, name), script);
  await chmod(join(folder, name), 0o755);
  process.env.PATH = `${folder}:${path}`;
  return pidFile;
}

/** An option without a value. */
const flag = /(?:)/;

const rpicamOptions = {
  "--nopreview": flag,
  "--flush": flag,
  "--hflip": flag,
  "--timeout": /^0$/,
  "--codec": /^mjpeg$/,
  "--camera": /^\d$/,
  "--framerate": /^[\d.]+$/,
  "--width": /^\d+$/,
  "--height": /^\d+$/,
  "--rotation": /^(0|180)$/,
  "--output": /^-$/,
};

test.each(["rpicam-vid", "libcamera-vid"])(
  "%s is killed and comes back three times",
  async (tool) => {
    const pidFile = await installCameraTool(tool, rpicamOptions);
    const { pictures, failures } = await surviveCuts(
      () => openSource("rpicam:?width=768&height=576&rotate=180&hflip=on", () => 10),
      {
        cut: async () => {
          process.kill(Number(await readFile(pidFile, "utf8")), "SIGKILL");
        },
        bringBack: () => undefined,
      },
    );
    expect([pictures[0]?.width, pictures[0]?.height]).toEqual([768, 576]);
    expect(failures[0]).toMatch(
      /^SOURCE_BROKEN rpicam camera 0: (rpicam|libcamera)-vid was ended by SIGKILL after \d+/,
    );
  },
  300_000,
);

test("raspivid is killed and comes back three times", async () => {
  const { "--camera": camera, "--codec": _codec, ...shared } = rpicamOptions;
  const pidFile = await installCameraTool("raspivid", {
    ...shared,
    "--camselect": camera,
    "--codec": /^MJPEG$/,
    "--rotation": /^(0|90|180|270)$/,
    "--framerate": /^\d+$/,
  });
  const setting = parseCameraSource("raspivid:?width=768&height=576&rotate=90");
  if (setting.kind !== "raspivid") throw new Error(setting.kind);
  // This machine has no legacy camera: its device is the only thing that is not asked for.
  const command = { ...raspivid(setting, 9.5), devices: [] };
  const { failures } = await surviveCuts(() => new ProcessSource(command), {
    cut: async () => {
      process.kill(Number(await readFile(pidFile, "utf8")), "SIGKILL");
    },
    bringBack: () => undefined,
  });
  expect(failures[0]).toMatch(/^SOURCE_BROKEN raspivid camera 0: raspivid was ended by SIGKILL/);
}, 300_000);

/*
 * A USB camera behind ffmpeg. Where the kernel has no loopback device, everything but the device is real: the command
 * line is checked by a program that takes just these options, and that ffmpeg knows them is asked of ffmpeg itself.
 */
test("ffmpeg of a USB camera is killed and comes back three times", async () => {
  const setting = parseCameraSource("v4l2:/dev/video0?width=768&height=576&fps=15");
  if (setting.kind !== "v4l2") throw new Error(setting.kind);
  const known = {
    ...{ "-hide_banner": flag, "-nostats": flag, "pipe:1": flag, "-loglevel": /^error$/, "-f": /^(v4l2|mjpeg)$/ },
    ...{ "-input_format": /^mjpeg$/, "-video_size": /^\d+x\d+$/, "-framerate": /^15$/ },
    ...{ "-i": /^\/dev\/video0$/, "-c:v": /^copy$/ },
  };
  const pidFile = await installCameraTool("ffmpeg", known);
  const { failures } = await surviveCuts(() => new ProcessSource({ ...v4l2(setting, 5), devices: [] }), {
    cut: async () => {
      process.kill(Number(await readFile(pidFile, "utf8")), "SIGKILL");
    },
    bringBack: () => undefined,
  });
  expect(failures[0]).toMatch(/^SOURCE_BROKEN v4l2 \/dev\/video0: ffmpeg was ended by SIGKILL/);
}, 300_000);

test("ffmpeg takes the options of a USB camera, and a device that is none is told", async () => {
  const setting = "v4l2:/dev/null?width=640&height=480&fps=15";
  await expect(openSource(setting, () => 5).run(() => undefined, new AbortController().signal)).rejects.toThrow(
    /^v4l2 \/dev\/null: ffmpeg ended with code \d+ after 0 pictures: .*Inappropriate ioctl for device/,
  );
});

test("raspivid: the legacy device is checked first", async () => {
  await installCameraTool("raspivid", {});
  if (existsSync("/dev/vchiq")) return;
  await expect(openSource("raspivid:", () => 10).run(() => undefined, new AbortController().signal)).rejects.toThrow(
    /the device \/dev\/vchiq is not there or not allowed \(ENOENT\)/,
  );
});

test("a tool that refuses its options is quoted, and one that is missing is named", async () => {
  await installCameraTool("rpicam-vid", {});
  const run = (): Promise<void> => openSource("rpicam:", () => 10).run(() => undefined, new AbortController().signal);
  await expect(run()).rejects.toThrow(/rpicam-vid ended with code 255 after 0 pictures: ERROR: .* '--nopreview'/);
  process.env.PATH = folder;
  await rm(join(folder, "rpicam-vid"));
  await expect(run()).rejects.toThrow("rpicam-vid or libcamera-vid is not installed. It is part of rpicam-apps");
});

test("a video file is played by ffmpeg, again and again", async () => {
  const clip = join(folder, "clip.mp4");
  execFileSync("ffmpeg", [
    "-loglevel",
    "error",
    "-f",
    "mjpeg",
    "-r",
    "10",
    "-i",
    footage,
    "-t",
    "1",
    "-vf",
    "scale=320:-2",
    clip,
  ]);
  const { pictures } = await surviveCuts(
    () => openSource(`replay:${clip}?rotate=90`, () => 10),
    { cut: () => undefined, bringBack: () => undefined },
    0,
  );
  expect([pictures[0]?.width, pictures[0]?.height]).toEqual([240, 320]);
}, 120_000);
