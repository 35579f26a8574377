import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { type ReadyLine, waitForReady } from "../../protocol/ready";

/**
 * The providers azure-native, command and docker of the local world: one process for all that an engine needs of them,
 * which starts while the engine does. It ends with the process that started it, or with the engine if that is later.
 */
export class StandIns {
  private readonly ready: Promise<ReadyLine>;

  private constructor(private readonly child: ChildProcess) {
    this.ready = waitForReady(child);
    // Told to whoever asks for the environment.
    this.ready.catch(() => undefined);
  }

  /** The folder of their executables, for the engine's PATH. */
  static readonly executables = path.resolve(__dirname, "../../../azure/bin");

  /**
   * @param stateFolder where the local Azure is kept
   * @param workingFolder where relative paths of commands and images begin; the engine's working folder
   */
  static start(stateFolder: string, workingFolder: string): StandIns {
    const child = spawn(process.execPath, [path.join(__dirname, "launch.js"), "--state", stateFolder], {
      cwd: workingFolder,
      // A terminal's Ctrl-C is the engine's to handle: what it has begun, it ends with its providers.
      detached: true,
      stdio: ["pipe", "pipe", "inherit"],
    });
    return new StandIns(child);
  }

  /**
   * What the engine's environment needs.
   *
   * @throws {ServiceNotReadyError}
   */
  async environment(): Promise<Record<string, string>> {
    const { ports } = await this.ready;
    return { EDGE_VISION_STAND_INS: String(ports["launch"]) };
  }

  /** Resolves when the process has ended, after all engines that use it. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin?.end();
    await ended;
  }
}
