import { readFileSync } from "node:fs";
import path from "node:path";
import { parseCameraSource } from "@edge-vision/messages";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Architecture, SetupConfig } from "../config/schema";
import { projectRoot } from "../project-root";

export interface DeviceSetupArgs extends SetupConfig {
  /** Private key to sign in with, PEM. */
  privateKey: pulumi.Input<string>;
  /** Refused if the machine has another one. */
  architecture: Architecture;
  /** Where pictures come from; decides what is enabled on a Raspberry Pi. */
  cameraSource: string;
  /** `/etc/aziot/config.toml`; secret. */
  configToml: pulumi.Input<string>;
}

const SCRIPT = "infra/setup/device-setup.sh";

/**
 * Installs IoT Edge 1.6 on a machine over SSH and makes it a device; on delete its modules are stopped and removed.
 * Safe to run again after a reboot or a lost connection. The machine must have the host key that is given, and the user
 * must be allowed to use sudo without a password.
 */
export class DeviceSetup extends pulumi.ComponentResource {
  /** What the last run printed. */
  readonly log: pulumi.Output<string>;

  constructor(name: string, args: DeviceSetupArgs, options?: pulumi.ComponentResourceOptions) {
    super("edge-vision:infra:DeviceSetup", name, {}, options);
    const { kind } = parseCameraSource(args.cameraSource);
    const install = setupCommand("install", args.architecture, kind);
    const command = new remote.Command(
      name,
      {
        connection: {
          host: args.host,
          port: args.port,
          user: args.user,
          privateKey: pulumi.secret(args.privateKey),
          hostKey: args.hostKey,
          // A device that reboots is back within minutes.
          dialErrorLimit: 30,
          perDialTimeout: 15,
        },
        create: install,
        update: install,
        delete: setupCommand("remove"),
        // Never on the command line, where every user of the machine could read it.
        stdin: pulumi.secret(args.configToml),
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.log = command.stdout;
    this.registerOutputs({ log: this.log });
  }
}

/** The script as one command for a remote shell; its arguments hold nothing secret. */
export function setupCommand(...args: string[]): string {
  const script = readFileSync(path.join(projectRoot(), SCRIPT), "utf8");
  return ["sudo", "-n", "sh", "-c", quote(script), "device-setup", ...args.map(quote)].join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
