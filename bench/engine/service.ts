import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

/** A process of the local world that told where it listens. */
export interface Service {
  ports: Partial<Record<string, number>>;
  /** The file with the certificate to trust. */
  ca?: string;
  stop: () => Promise<void>;
}

/** Starts a process of `local/`, which ends with this one. */
export async function startService(main: string, flags: string[]): Promise<Service> {
  const script = require.resolve(path.join("@edge-vision/local/dist", main));
  const child = spawn(process.execPath, [script, ...flags, "--with-parent"], { stdio: ["pipe", "pipe", "ignore"] });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => {
      reject(new Error(`${main} ended with ${String(code)} before it was ready`));
    });
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
  };
  return { ...(JSON.parse(line) as Pick<Service, "ports" | "ca">), stop };
}
