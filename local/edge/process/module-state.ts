/** How a module's process is doing. */
export interface ModuleState {
  state: "running" | "backoff" | "stopped" | "failed";
  /** How often it was started again after it ended by itself. */
  restarts: number;
  pid?: number | undefined;
  startedAt?: string | undefined;
  lastRestartAt?: string | undefined;
  lastExit?: { code: number | null; signal: NodeJS.Signals | null; at: string } | undefined;
  /** Why it is `failed`. */
  reason?: string | undefined;
}
