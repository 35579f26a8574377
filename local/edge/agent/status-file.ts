import type { Logger } from "pino";
import writeFileAtomic from "write-file-atomic";
import type { DeploymentStatus } from "./reported";

/** One module in `status.json`. */
export interface ModuleStatus {
  type: "system" | "custom";
  state: "running" | "backoff" | "stopped" | "failed";
  restarts: number;
  image: string;
  pid?: number | undefined;
  startedAt?: string | undefined;
  lastExit?: { code: number | null; signal: string | null; at: string } | undefined;
  /** Why it is `failed`. */
  reason?: string | undefined;
  /** Where each port is reached: `{"8885/tcp": "127.0.0.1:41234"}`. */
  ports?: Record<string, string>;
  log?: string;
  /** What is different from a container. */
  notes?: string[];
}

/** `status.json`: what `edge-vision status` shows of a device. */
export interface EdgeStatus {
  deviceId: string;
  modules: Record<string, ModuleStatus>;
  edgeHub: { queued: number; delivered: number };
  /** Whether edgeAgent is connected to the hub. */
  hub: "connected" | "disconnected";
  /** Missing before edgeAgent has heard of any. */
  deployment?: DeploymentStatus;
}

const delayMs = 250;

/** Writes the status after changes: soon, and changes that come together once. */
export class StatusFile {
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private last = "";

  constructor(
    private readonly file: string,
    private readonly read: () => EdgeStatus,
    private readonly log: Logger,
  ) {}

  changed(): void {
    this.timer ??= setTimeout(() => void this.flush(), delayMs);
  }

  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(() => this.write());
    await this.writing;
  }

  private async write(): Promise<void> {
    const text = `${JSON.stringify(this.read(), undefined, 2)}\n`;
    if (text === this.last) return;
    try {
      // Made anew at every start: not worth waiting for the disk.
      await writeFileAtomic(this.file, text, { fsync: false });
      this.last = text;
    } catch (error) {
      this.log.error(`${this.file} cannot be written: ${(error as Error).message}`);
    }
  }
}
