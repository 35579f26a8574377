import { eventsConnectionString, readEvents, type HubEvent } from "@edge-vision/monitor";
import { Failure } from "../failure";
import type { Interruption } from "../interruption";
import { findProject } from "../project";
import { SupervisorClient } from "../supervisor/client";
import { connectionOf } from "../world/hub-connection";
import { readWorld } from "../world/world";

export interface EventsOptions {
  json?: boolean;
  /** End after so many messages. @default run until interrupted */
  count?: number;
  /** End with exit code 1 when the count is not reached within so many seconds. */
  timeout?: number;
  /** Read from this moment on. @default now */
  since?: Date;
}

/** Prints the messages that reach the hub, one a line, read as any consumer of its Event Hubs endpoint does. */
export async function events(options: EventsOptions, interruption: Interruption): Promise<void> {
  const project = findProject();
  const supervisor = SupervisorClient.find(project);
  const world = readWorld(project);
  if (!supervisor || !world) throw new Failure("NOT_RUNNING", "Nothing runs here. Start it with: edge-vision up");
  const hub = (await supervisor.status()).processes.find(({ name }) => name === "hub");
  if (!hub) throw new Failure("NOT_RUNNING", "The hub does not run. Start it with: edge-vision up");
  const connection = await connectionOf(project, world.hubHostName, hub);

  let seen = 0;
  let lastError: Error | undefined;
  await new Promise<void>((resolve, reject) => {
    const reader = readEvents({
      connectionString: eventsConnectionString(connection),
      ...(options.since && { since: options.since }),
      onEvent: (event) => {
        if (seen === options.count) return;
        seen += 1;
        process.stdout.write(`${options.json ? JSON.stringify(event) : lineOf(event)}\n`);
        if (seen === options.count) end(resolve);
      },
      onError: (error) => {
        lastError = error;
      },
    });
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            end(() => {
              if (options.count === undefined) resolve();
              else reject(timeoutFailure(seen, options, lastError));
            });
          }, options.timeout * 1_000);
    const end = (then: () => void): void => {
      clearTimeout(timer);
      void reader.close().then(then, then);
    };
    interruption.signal.addEventListener("abort", () => {
      end(resolve);
    });
    process.stdout.on("error", () => {
      end(resolve);
    });
  });
}

function timeoutFailure(seen: number, { count, timeout }: EventsOptions, lastError: Error | undefined): Failure {
  const why = lastError ? ` The last attempt to read said: ${lastError.message}` : "";
  return new Failure(
    "TIMEOUT",
    `${seen} of ${String(count)} messages came within ${String(timeout)} s. See what runs with: edge-vision status.${why}`,
  );
}

function lineOf(event: HubEvent): string {
  const from = [event.deviceId, event.moduleId].filter(Boolean).join("/");
  return `${event.enqueuedAt.slice(11, 23)}  ${from}  ${JSON.stringify(event.body)}`;
}
