import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setupCommand } from "../components/device-setup";

const CONFIG = '[provisioning]\nconnection_string = "HostName=h;DeviceId=d;SharedAccessKey=very-secret"\n';

/** Programs of the device; each notes its call, and what it installs is there at the next. */
const PROGRAMS: Record<string, string> = {
  id: "echo 0",
  sudo: 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"',
  dpkg: 'case "$1" in --print-architecture) echo "${ARCHITECTURE:-arm64}";; -i) echo 1.0 >"$STATE/packages-microsoft-prod";; esac',
  "dpkg-query": '[ -f "$STATE/$4" ] && echo "install ok installed $(cat "$STATE/$4")"',
  "apt-cache":
    'case " ${FEED-moby-engine aziot-edge} " in *" $2 "*) echo "  Candidate: 1.6.0-1";; *) echo "  Candidate: (none)";; esac',
  "apt-get": `for word; do case "$word" in
      */aziot*) name=\${word##*/}; echo 1.6.0-1 >"$STATE/\${name%%_*}";;
      aziot*) echo 1.6.0-1 >"$STATE/\${word%%=*}";;
      moby-engine | docker.io) echo 24 >"$STATE/$word";;
    esac; done`,
  curl: 'while [ "$1" != -o ]; do shift; done; : >"$2"',
  iotedge: '[ "$1 $2" != "config apply" ] || [ ! -f "$STATE/broken" ] || exit 1',
  docker: 'case "$1" in ps) echo "abc def";; esac',
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "device-setup-"));
  for (const part of ["bin", "state", "root/etc", "root/boot/firmware"])
    await mkdir(path.join(folder, part), { recursive: true });
  for (const [name, body] of Object.entries(PROGRAMS)) {
    const file = path.join(folder, "bin", name);
    const note = name === "sudo" || name === "id" ? "" : `echo "${name} $*" >>"$STATE/calls"\n`;
    await writeFile(file, `#!/bin/sh\n${note}${body}\n`);
    await chmod(file, 0o755);
  }
  await writeFile(path.join(folder, "root/etc/os-release"), 'ID=debian\nVERSION_ID="12"\nVERSION="12 (bookworm)"\n');
  await writeFile(path.join(folder, "root/boot/firmware/config.txt"), "start_x=1\n");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Run {
  code: number;
  output: string;
  /** What was called in this run; queries left out. */
  calls: string[];
}

async function run(
  args: string[],
  { env = {}, stdin = CONFIG }: { env?: Record<string, string>; stdin?: string } = {},
): Promise<Run> {
  const log = path.join(folder, "state/calls");
  await rm(log, { force: true });
  const child = spawn("/bin/sh", ["-c", setupCommand(...args)], {
    env: {
      PATH: `${path.join(folder, "bin")}:/usr/bin:/bin`,
      EDGE_VISION_ROOT: path.join(folder, "root"),
      STATE: path.join(folder, "state"),
      ...env,
    },
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  const calls = await readFile(log, "utf8").catch(() => "");
  return {
    code: child.exitCode ?? -1,
    output: stdout + stderr,
    calls: calls.split("\n").filter((line) => line !== "" && !/^(dpkg-query|apt-cache|dpkg --)/.test(line)),
  };
}

const config = () => path.join(folder, "root/etc/aziot/config.toml");
const install = (options?: Parameters<typeof run>[1]) => run(["install", "arm64v8", "rpicam"], options);
const installed = (calls: string[]) =>
  calls
    .filter((call) => call.startsWith("apt-get") && call.includes(" install "))
    .map((call) => call.split(" install ")[1]);

test("a new machine gets the engine first, then IoT Edge, its configuration and its camera", async () => {
  const { code, output, calls } = await install();
  expect([code, output]).toEqual([0, expect.stringContaining("edge-vision: done") as string]);
  expect(installed(calls)).toEqual(["moby-engine", "aziot-identity-service=1.6* aziot-edge=1.6*"]);
  expect(calls).toContain("iotedge config apply");
  expect(calls.at(-1)).toBe("iotedge check");
  expect(await readFile(config(), "utf8")).toBe(CONFIG);
  expect((await stat(config())).mode & 0o777).toBe(0o600);
  expect(await readFile(path.join(folder, "root/boot/firmware/config.txt"), "utf8")).toBe("camera_auto_detect=1\n");
});

test("a second run does nothing but check", async () => {
  await install();
  const { code, calls, output } = await install();
  expect([code, calls]).toEqual([0, ["iotedge check"]]);
  expect(output).toBe("edge-vision: done\n");
});

test("a changed configuration is written and applied, and nothing is installed", async () => {
  await install();
  const { calls } = await install({ stdin: CONFIG.replace("very", "other") });
  expect(calls).toEqual(["iotedge config apply", "iotedge check"]);
  expect(await readFile(config(), "utf8")).toContain("other-secret");
});

test("a configuration whose apply was interrupted is applied at the next run", async () => {
  await writeFile(path.join(folder, "state/broken"), "");
  expect((await install()).code).not.toBe(0);
  await rm(path.join(folder, "state/broken"));
  expect((await install()).calls).toEqual(["iotedge config apply", "iotedge check"]);
});

test("where the feed lacks packages, Debian's engine and the releases are taken", async () => {
  const { code, calls } = await install({ env: { FEED: "" } });
  expect(code).toBe(0);
  expect(installed(calls).map((names) => names?.split("/").at(-1))).toEqual([
    "docker.io",
    "aziot-identity-service_1.6.0-1_debian12_arm64.deb",
    "aziot-edge_1.6.0-1_debian12_arm64.deb",
  ]);
});

test("the secret shows nowhere", async () => {
  const { output, calls } = await install();
  expect(output + calls.join("\n") + setupCommand("install", "arm64v8", "rpicam")).not.toContain("very-secret");
});

test("what was made is taken away again, and the packages stay", async () => {
  await install();
  const { code, calls } = await run(["remove"]);
  expect([code, calls]).toEqual([
    0,
    [
      "iotedge system stop",
      "docker ps -aq --filter label=net.azure-devices.edge.owner=Microsoft.Azure.Devices.Edge.Agent",
      "docker rm -f abc def",
    ],
  ]);
  await expect(stat(config())).rejects.toMatchObject({ code: "ENOENT" });
});

test.each<[string, string[], { env?: Record<string, string>; stdin?: string }, string]>([
  [
    "another architecture",
    ["install", "arm64v8", "rpicam"],
    { env: { ARCHITECTURE: "armhf" } },
    "the device is arm32v7, the stack's configuration says arm64v8",
  ],
  [
    "a camera stack that is gone",
    ["install", "arm64v8", "raspivid"],
    {},
    "camera source raspivid: needs the legacy camera stack, which this system no longer has; use rpicam:",
  ],
  ["no configuration", ["install", "arm64v8", "rpicam"], { stdin: "" }, "no configuration on stdin"],
  ["an unknown command", ["reset"], {}, "unknown command 'reset'; known are install and remove"],
])("refused: %s", async (_, args, options, message) => {
  const { code, output } = await run(args, options);
  expect([code, output.trim().split("\n").at(-1)]).toEqual([1, `edge-vision: ${message}`]);
});

test("refused: a system that IoT Edge 1.6 does not run on", async () => {
  await writeFile(path.join(folder, "root/etc/os-release"), "ID=debian\nVERSION_ID=11\n");
  const { code, output, calls } = await install();
  expect([code, calls]).toEqual([1, []]);
  expect(output).toContain("system debian 11 is not supported; IoT Edge 1.6 runs on Debian 12");
});
