/** A process that the supervisor keeps running. */
export interface ProcessSpec {
  /** Shown in `status`; also the name of its log, `<name>.log`. */
  name: string;
  /** The script that Node runs. */
  script: string;
  args: string[];
  /** Added to the supervisor's own environment; holds what must not stand on a command line. */
  env: Record<string, string>;
}

/** How a process ended the last time. */
export interface LastExit {
  code: number | null;
  signal: string | null;
  /** ISO 8601. */
  at: string;
  /** The last line that it wrote to stderr, where it ended by itself. */
  reason?: string;
}

/** What the supervisor knows of one process. */
export interface ProcessStatus {
  name: string;
  state: "starting" | "running" | "backoff" | "stopped";
  pid?: number;
  /** ISO 8601. */
  startedAt?: string;
  restarts: number;
  lastExit?: LastExit;
  /** The ports that its ready line named. */
  ports: Record<string, number>;
  /** The whole ready line. */
  ready?: Record<string, unknown>;
  log: string;
}

/** Answer of `GET /status`. */
export interface SupervisorStatus {
  pid: number;
  startedAt: string;
  processes: ProcessStatus[];
}

/** Answer of `PUT /processes/<name>`. */
export interface StartAnswer {
  process: ProcessStatus;
  /** Whether a process was started, or one with the same settings ran already. */
  started: boolean;
}

/** Answer of the supervisor when a process cannot be started. */
export interface StartFault {
  error: string;
}
