import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { Failure } from "./failure";

/** A checkout of the project and the folder of what runs there. */
export interface Project {
  /** The folder of Pulumi.yaml. */
  root: string;
  /** Everything that the local world keeps: `<root>/.edge-vision`. */
  stateFolder: string;
}

/** Files and folders of the local world, all in the state folder. */
export function pathsOf({ stateFolder }: Project) {
  const at = (...names: string[]): string => path.join(stateFolder, ...names);
  return {
    lock: at("up.lock"),
    supervisor: at("supervisor.json"),
    socket: socketPath(stateFolder),
    world: at("world.json"),
    ports: at("ports.json"),
    settings: at("settings"),
    backend: at("pulumi"),
    engineHome: at("pulumi", "home"),
    passphrase: at("pulumi", "passphrase"),
    engineProcess: at("pulumi", "engine.json"),
    hub: at("hub"),
    images: at("images"),
    logs: at("logs"),
    edge: (deviceId: string) => at("edge", deviceId),
  };
}

/**
 * The project that a folder belongs to: the nearest Pulumi.yaml named edge-vision, upwards.
 *
 * @throws {Failure} NO_PROJECT
 */
export function findProject(from: string = process.cwd()): Project {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (isProject(path.join(folder, "Pulumi.yaml"))) {
      return { root: folder, stateFolder: path.join(folder, ".edge-vision") };
    }
    if (path.dirname(folder) === folder) {
      throw new Failure(
        "NO_PROJECT",
        `${path.resolve(from)} is not inside an edge-vision project: no Pulumi.yaml with the name edge-vision here or above. ` +
          `Run the command in the project's folder.`,
      );
    }
  }
}

function isProject(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    return (parse(readFileSync(file, "utf8")) as { name?: unknown } | null)?.name === "edge-vision";
  } catch {
    return false;
  }
}

// A socket's path may have about 100 bytes: a deep project has it in the temporary folder.
function socketPath(stateFolder: string): string {
  const inside = path.join(stateFolder, "supervisor.sock");
  if (Buffer.byteLength(inside) <= 100) return inside;
  const name = createHash("sha256").update(stateFolder).digest("hex").slice(0, 16);
  return path.join(os.tmpdir(), `edge-vision-${name}.sock`);
}
