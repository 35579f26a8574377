import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const suite = "dists/bookworm/main";

/** A signed archive of Debian packages on a free port, with one package that holds one program. */
export class PackageArchive {
  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    /** Fingerprint of the key that signs. */
    readonly key: string,
  ) {}

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `program` is the text of `/usr/bin/<command>`. */
  static async start(name: string, architecture: string, command: string, program: string): Promise<PackageArchive> {
    const folder = await mkdtemp(join(tmpdir(), "edge-vision-archive-"));
    const gpg = async (...args: string[]): Promise<string> =>
      (await run("gpg", ["--homedir", folder, "--batch", "--yes", "--passphrase", "", ...args])).stdout;
    await gpg("--quick-generate-key", "archive@localhost", "rsa2048", "sign", "never");
    const key = /^fpr:+([0-9A-F]{40}):$/m.exec(await gpg("--list-keys", "--with-colons"))?.[1] as string;

    const binaries = `${suite}/binary-${architecture}`;
    await mkdir(join(folder, "package", "DEBIAN"), { recursive: true });
    await mkdir(join(folder, "package", "usr", "bin"), { recursive: true });
    await mkdir(join(folder, binaries), { recursive: true });
    const control = `Package: ${name}\nVersion: 1\nArchitecture: ${architecture}\nMaintainer: Tests <tests@localhost>\nDescription: for tests\n`;
    await writeFile(join(folder, "package", "DEBIAN", "control"), control);
    await writeFile(join(folder, "package", "usr", "bin", command), program);
    await chmod(join(folder, "package", "usr", "bin", command), 0o755);
    await run("dpkg-deb", ["--build", "--root-owner-group", join(folder, "package"), join(folder, "package.deb")]);
    const described = async (file: string): Promise<{ sha256: string; size: number }> => ({
      sha256: createHash("sha256")
        .update(await readFile(join(folder, file)))
        .digest("hex"),
      size: (await stat(join(folder, file))).size,
    });
    const deb = await described("package.deb");
    const entry = `${control}Filename: package.deb\nSize: ${deb.size}\nSHA256: ${deb.sha256}\n`;
    await writeFile(join(folder, binaries, "Packages"), entry);
    const index = await described(`${binaries}/Packages`);
    const release =
      `Suite: bookworm\nCodename: bookworm\nComponents: main\nArchitectures: ${architecture}\nDate: ${new Date().toUTCString()}\n` +
      `SHA256:\n ${index.sha256} ${index.size} main/binary-${architecture}/Packages\n`;
    await writeFile(join(folder, "Release"), release);
    await gpg("--clear-sign", "--output", join(folder, "dists", "bookworm", "InRelease"), join(folder, "Release"));
    await gpg("--armor", "--output", join(folder, "raspberrypi.gpg.key"), "--export", key);

    const server = createServer((request, response) => {
      readFile(join(folder, (request.url ?? "/").slice(1))).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return new PackageArchive(server, folder, key);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await run("gpgconf", ["--homedir", this.folder, "--kill", "gpg-agent"]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
