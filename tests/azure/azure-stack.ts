import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { EngineStack } from "../engine-stack";

/** A stack whose Azure is the local one, with its own state folder. */
export class AzureStack {
  private constructor(
    readonly state: string,
    readonly engine: EngineStack,
  ) {}

  static async create(program: PulumiFn, config: Record<string, string> = {}): Promise<AzureStack> {
    const state = await mkdtemp(path.join(tmpdir(), "edge-vision-azure-"));
    const engine = await EngineStack.create({
      program,
      azure: state,
      config: Object.fromEntries(Object.entries(config).map(([key, value]) => [key, { value }])),
    });
    return new AzureStack(state, engine);
  }

  async close(): Promise<void> {
    await this.engine.close();
    await rm(this.state, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
