import { pathsOf, type Project } from "../project";
import { readState, writeState } from "../state-file";

/** What the last successful deployment made, without secrets: enough for `status`, `events` and the page. */
export interface World {
  hubHostName: string;
  devices: string[];
}

export function readWorld(project: Project): World | undefined {
  return readState(pathsOf(project).world) as World | undefined;
}

export function writeWorld(project: Project, world: World): void {
  writeState(pathsOf(project).world, world);
}
