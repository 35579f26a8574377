import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import type { Server } from "node:http";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { makePackages, packages, serve } from "./device-packages";

const run = promisify(execFile);

/** A Debian 12 with the real OpenSSH server, in a folder of its own, and a package archive that it installs from. */
export class Device {
  private constructor(
    readonly root: string,
    readonly port: number,
    /** The server's public key, as `ssh-keyscan` prints it. */
    readonly hostKey: string,
    /** With which the user `pi` is let in, PEM. */
    readonly privateKey: string,
    private server: ChildProcess,
    private readonly archive: Server,
  ) {}

  static async start(): Promise<Device> {
    const root = await mkdtemp(path.join(tmpdir(), "edge-vision-device-"));
    await run(path.join(__dirname, "device-root"), [root], { maxBuffer: 64 << 20 });
    await chmod(root, 0o755);
    const archive = await serve(path.join(root, "srv"));
    const address = `http://127.0.0.1:${(archive.address() as AddressInfo).port}`;
    await makePackages(path.join(root, "srv"), address);
    const key = path.join(root, "tmp", "key");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path.join(root, "etc/ssh/host")]);
    const port = await freePort();
    const settings = [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      "HostKey /etc/ssh/host",
      "PasswordAuthentication no",
      "PidFile none",
      `SetEnv EDGE_VISION_PACKAGES=${address}`,
    ];
    await writeFile(path.join(root, "etc/ssh/sshd_config"), `${settings.join("\n")}\n`);
    const sudoers = 'Defaults env_keep += "EDGE_VISION_PACKAGES"\npi ALL=(ALL) NOPASSWD: ALL\n';
    await writeFile(path.join(root, "etc/sudoers.d/pi"), sudoers, { mode: 0o440 });
    await run("chroot", [root, "useradd", "--create-home", "--shell", "/bin/sh", "--password", "*", "pi"]);
    await mkdir(path.join(root, "home/pi/.ssh"), { recursive: true, mode: 0o700 });
    await cp(`${key}.pub`, path.join(root, "home/pi/.ssh/authorized_keys"));
    await run("chroot", [root, "chown", "-R", "pi:pi", "/home/pi"]);
    await mkdir(path.join(root, "run/sshd"), { recursive: true });
    const server = startServer(root);
    const hostKey = (await readFile(path.join(root, "etc/ssh/host.pub"), "utf8")).trim();
    const device = new Device(root, port, hostKey, await readFile(key, "utf8"), server, archive);
    await until(() => device.answers());
    return device;
  }

  /** Runs a command as a person would who signs in by hand. */
  async ssh(command: string, stdin: string): Promise<string> {
    const known = path.join(this.root, "tmp", "known_hosts");
    await writeFile(known, `[127.0.0.1]:${this.port} ${this.hostKey}\n`);
    const options = [`UserKnownHostsFile=${known}`, "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"];
    const flags = ["-i", path.join(this.root, "tmp/key"), "-p", String(this.port)];
    const client = execFile("ssh", [...flags, ...options.flatMap((option) => ["-o", option]), "pi@127.0.0.1", command]);
    client.stdin?.end(stdin);
    let output = "";
    client.stdout?.on("data", (text: string) => (output += text));
    client.stderr?.on("data", (text: string) => (output += text));
    const [code] = (await once(client, "close")) as [number];
    if (code !== 0) throw new Error(`ssh ended with ${code}: ${output}`);
    return output;
  }

  /** A file of the device; empty when there is none. */
  async read(file: string): Promise<string> {
    return readFile(path.join(this.root, file), "utf8").catch(() => "");
  }

  async modeOf(file: string): Promise<string> {
    return ((await stat(path.join(this.root, file))).mode & 0o777).toString(8);
  }

  /** What was called since the last time: `iotedge …`, `docker …`. */
  async calls(): Promise<string[]> {
    const text = await this.read("var/log/calls");
    await rm(path.join(this.root, "var/log/calls"), { force: true });
    return text.split("\n").filter((line) => line !== "");
  }

  /** Whether a package is installed and configured. */
  async has(name: string): Promise<boolean> {
    const { stdout } = await run("chroot", [this.root, "dpkg-query", "-W", "-f", "${Package} ${Status}\n"]);
    return stdout.includes(`${name} install ok installed`);
  }

  /** As a device that nobody has set up. */
  async reset(): Promise<void> {
    const all = [...Object.keys(packages), "packages-microsoft-prod"];
    // What an earlier test has left running would go on installing.
    const left = (await this.processes()).filter((id) => id !== this.server.pid);
    left.forEach(end);
    await until(async () => !(await this.processes()).some((id) => left.includes(id)));
    await run("chroot", [this.root, "dpkg", "--purge", "--force-all", ...all]).catch(() => undefined);
    await rm(path.join(this.root, "etc/aziot"), { recursive: true, force: true });
    await this.calls();
  }

  /** From now on, or no longer, an installation waits in the middle. */
  async slow(isSlow: boolean): Promise<void> {
    const file = path.join(this.root, "run/slow");
    await (isSlow ? appendFile(file, "") : rm(file, { force: true }));
  }

  /** Cuts every connection, as a network does; what runs on the device is not told. */
  async cut(): Promise<void> {
    const { pid = 0 } = this.server;
    const sessions = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    for (const session of sessions.split(" ").filter((text) => text.trim() !== "")) {
      const children = await readFile(`/proc/${session}/task/${session}/children`, "utf8").catch(() => "");
      for (const process_ of [...children.split(" "), session].map(Number).filter((id) => id > 0)) {
        // Only the server's own processes, not the command that one of them runs.
        const name = await readFile(`/proc/${process_}/comm`, "utf8").catch(() => "");
        if (name.startsWith("sshd")) end(process_);
      }
    }
  }

  /** Ends everything that runs on the device, at once, as a reboot or a power cut does. */
  async powerOff(): Promise<void> {
    const ended = once(this.server, "exit");
    (await this.processes()).forEach(end);
    await ended;
  }

  /** Starts the device again once somebody has tried in vain to reach it. */
  async powerOnWhenMissed(): Promise<void> {
    const nobody = net.createServer();
    const missed = once(nobody, "connection") as Promise<[net.Socket]>;
    nobody.listen(this.port, "127.0.0.1");
    const [socket] = await missed;
    socket.destroy();
    await new Promise((resolve) => nobody.close(resolve));
    this.server = startServer(this.root);
    await until(() => this.answers());
  }

  async close(): Promise<void> {
    await this.slow(false);
    if (this.server.exitCode === null && this.server.signalCode === null) {
      const ended = once(this.server, "exit");
      this.server.kill("SIGTERM");
      await ended;
    }
    this.archive.closeAllConnections();
    await new Promise((resolve) => this.archive.close(resolve));
    await rm(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  /** What runs on the device, its server included. */
  private async processes(): Promise<number[]> {
    const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const roots = await Promise.all(ids.map((id) => readlink(`/proc/${id}/root`).catch(() => "")));
    return ids.filter((_, index) => roots[index] === this.root).map(Number);
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = net.connect(this.port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => {
        resolve(false);
      });
    });
  }
}

/** Ends a process that may have ended by itself. */
function end(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function startServer(root: string): ChildProcess {
  return spawn("chroot", [root, "/usr/sbin/sshd", "-D"], { stdio: "ignore" });
}

/** Waits until a condition holds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("what was waited for did not come within 120 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
