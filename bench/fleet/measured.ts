import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import type { ProviderArgs } from "@edge-vision/iotedge";
import { emptyPreview } from "../engine/empty-preview";
import { openStack, type StackOptions } from "../engine/stack";
import { timed } from "../statistics/timed";
import { devices, noOps } from "./programs";

// The engine writes the whole state at every step: with a thousand devices that takes minutes, in both stacks alike, and
// would hide the provider's share.
const withoutCheckpoints = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

/** A stack of devices in a hub or, without one, of as many resources that nobody does anything for. */
export interface Fleet extends Pick<StackOptions, "folder" | "providers"> {
  count: number;
  hub?: ProviderArgs;
}

export interface Seconds {
  up: number;
  /** Of a stack in which nothing has changed. */
  preview: number;
}

/** Measures a new stack in a process of its own: in one that has run another, everything takes longer. */
export async function measured(fleet: Fleet): Promise<Seconds> {
  const { stdout } = await promisify(execFile)(process.execPath, [__filename, JSON.stringify(fleet)]);
  return JSON.parse(stdout) as Seconds;
}

async function main({ count, hub, folder, providers }: Fleet): Promise<void> {
  const stackName = hub === undefined ? "no-op" : "devices";
  const stack = await openStack({
    stackName,
    projectName: "fleet",
    folder: path.join(folder, stackName),
    program: hub === undefined ? noOps(count) : devices(count, hub),
    providers,
    env: withoutCheckpoints,
  });
  const up = await timed(() => stack.up());
  const preview = await timed(() => emptyPreview(stack));
  process.stdout.write(JSON.stringify({ up, preview } satisfies Seconds));
}

if (require.main === module) void main(JSON.parse(process.argv[2] as string) as Fleet);
