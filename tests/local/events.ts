import type { HubEvent } from "@edge-vision/monitor";
import type { DetectionsReport } from "@edge-vision/messages";
import type { Project } from "./project";

/** A message of the camera, as `events --json` prints it. */
export type CameraEvent = HubEvent & { body: DetectionsReport };

/** The lines of `events --json` as objects. */
export function parseEvents(stdout: string): CameraEvent[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CameraEvent);
}

/** Reads so many new messages. */
export async function readSome(project: Project, count: number): Promise<CameraEvent[]> {
  const { stdout } = await project.succeed("events", "--json", "--count", String(count), "--timeout", "120");
  return parseEvents(stdout);
}

/** Waits for a message about a frame that was captured after a moment: the whole path works again. */
export async function flowsAgain(project: Project, since: Date): Promise<void> {
  await project.until(`messages about frames captured after ${since.toISOString()}`, async () => {
    const { stdout } = await project.run("events", "--json", "--count", "1", "--timeout", "20");
    return parseEvents(stdout).some(({ body }) => Date.parse(body.at) > since.getTime()) ? true : undefined;
  });
}
