import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The command line tool of Debian's docker.io: BuildKit works with it as it is, without the buildx plugin. */
const DOCKER = "/usr/bin/docker";

/** The Docker engine of the tests: the one that `DOCKER_HOST` names, or one with its own data, started here. */
export class Docker {
  private constructor(
    readonly host: string,
    private readonly daemon?: { process: ChildProcess; folder: string },
  ) {}

  static async start(): Promise<Docker> {
    if (process.env["DOCKER_HOST"]) return new Docker(process.env["DOCKER_HOST"]);
    const folder = await mkdtemp(join(tmpdir(), "edge-vision-docker-"));
    const host = `unix://${join(folder, "docker.sock")}`;
    const flags = ["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec"), "--host", host];
    // The containers use the network of the host, so no bridge and no rule of the firewall is made.
    flags.push("--pidfile", join(folder, "pid"), "--bridge=none", "--iptables=false");
    const daemon = spawn("dockerd", flags, { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    daemon.stderr.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
    const docker = new Docker(host, { process: daemon, folder });
    for (let attempt = 0; attempt < 120; attempt += 1) {
      if (daemon.exitCode !== null) break;
      const answer = await docker.run("info").catch(() => undefined);
      if (answer !== undefined) return docker;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await docker.stop();
    throw new Error(`no Docker engine could be started: install docker.io and run as root\n${log}`);
  }

  /** Runs one command of Docker and returns what it printed. */
  async run(...args: string[]): Promise<string> {
    const env = { ...process.env, DOCKER_HOST: this.host, DOCKER_BUILDKIT: "1", BUILDKIT_PROGRESS: "plain" };
    const { stdout } = await run(DOCKER, args, { env, maxBuffer: 64 << 20 });
    return stdout.trim();
  }

  /** Makes the base image of an architecture if the engine lacks it, and returns its name. */
  async base(architecture: "amd64" | "arm64v8" | "arm32v7"): Promise<string> {
    const name = `${architecture === "amd64" ? "" : `${architecture}/`}node:22-bookworm-slim`;
    if (await this.run("image", "inspect", name).catch(() => undefined)) return name;
    const env = { ...process.env, DOCKER_HOST: this.host };
    await run(join(__dirname, "base-image"), [architecture, name], { env, maxBuffer: 64 << 20 });
    return name;
  }

  /** Ends the engine if it was started here; its images go with it. */
  async stop(): Promise<void> {
    if (!this.daemon) return;
    const { process: daemon, folder } = this.daemon;
    if (daemon.exitCode === null && daemon.signalCode === null) {
      const ended = new Promise((resolve) => daemon.once("exit", resolve));
      daemon.kill("SIGTERM");
      await ended;
    }
    // A daemon that ends leaves the mount of its network namespace.
    const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
    for (const mount of mounts.filter((at) => at.startsWith(folder)).reverse()) await run("umount", [mount]);
    await rm(folder, { recursive: true, force: true });
  }
}
