import { execFile } from "node:child_process";
import { chmod, cp, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a package does and says; `{}` is an empty one. */
interface PackageSpec {
  version: string;
  depends?: string;
  files?: Record<string, string>;
  postinst?: string;
}

/** The packages of Microsoft's archive, as far as a setup can tell. */
export const packages: Record<string, PackageSpec> = {
  // An installation that takes long: it goes on when somebody says so.
  "moby-engine": { version: "25.0", postinst: "groupadd -f docker; while [ -e /run/slow ]; do sleep 0.2; done" },
  "aziot-identity-service": { version: "1.6.0-1" },
  "aziot-edge": {
    version: "1.6.0-1",
    depends: "aziot-identity-service",
    files: {
      "/usr/bin/iotedge": '#!/bin/sh\necho "iotedge $*" >>/var/log/calls\n',
      "/usr/bin/docker": '#!/bin/sh\necho "docker $*" >>/var/log/calls\n',
    },
  },
};

/** A flat archive of the packages, and the package that makes a system use it. */
export async function makePackages(folder: string, address: string): Promise<void> {
  const index: string[] = [];
  for (const [name, spec] of Object.entries(packages)) {
    const control = await makePackage(folder, name, spec);
    const file = path.join(folder, `${name}.deb`);
    const { stdout } = await run("sha256sum", [file]);
    index.push(`${control}Filename: ./${name}.deb\nSize: ${(await stat(file)).size}\nSHA256: ${stdout.slice(0, 64)}\n`);
  }
  await writeFile(path.join(folder, "Packages"), index.join("\n"));
  await makePackage(folder, "packages-microsoft-prod", {
    version: "1.0",
    files: { "/etc/apt/sources.list.d/microsoft-prod.list": `deb [trusted=yes] ${address} ./\n` },
  });
  await mkdir(path.join(folder, "debian/12"), { recursive: true });
  await cp(
    path.join(folder, "packages-microsoft-prod.deb"),
    path.join(folder, "debian/12/packages-microsoft-prod.deb"),
  );
}

async function makePackage(folder: string, name: string, spec: PackageSpec): Promise<string> {
  const { version, depends, files = {}, postinst = "" } = spec;
  const tree = path.join(folder, name);
  await mkdir(path.join(tree, "DEBIAN"), { recursive: true });
  const dependency = depends === undefined ? "" : `Depends: ${depends}\n`;
  const control =
    `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Tests <tests@localhost>\n` +
    `${dependency}Description: for tests\n`;
  await writeFile(path.join(tree, "DEBIAN/control"), control);
  await writeFile(path.join(tree, "DEBIAN/postinst"), `#!/bin/sh\nset -e\n${postinst}\n`, { mode: 0o755 });
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(tree, file)), { recursive: true });
    await writeFile(path.join(tree, file), text);
    await chmod(path.join(tree, file), file.includes("/bin/") ? 0o755 : 0o644);
  }
  await run("dpkg-deb", ["--build", "--root-owner-group", tree, path.join(folder, `${name}.deb`)]);
  return control;
}

/** Serves the files of a folder on a free port. */
export async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    readFile(path.join(folder, path.normalize(new URL(request.url ?? "/", "http://x").pathname))).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
