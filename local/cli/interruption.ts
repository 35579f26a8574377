const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type InterruptingSignal = keyof typeof exitCodes;

/**
 * The user's wish to stop. From the first signal on the command's exit code is the signal's, whatever error the
 * interrupted work then throws.
 */
export class Interruption {
  private readonly controller = new AbortController();
  private first: InterruptingSignal | undefined;

  constructor(private readonly onFirst: (signal: InterruptingSignal) => void) {
    for (const signal of Object.keys(exitCodes) as InterruptingSignal[]) {
      process.on(signal, () => {
        this.receive(signal);
      });
    }
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The exit code once a signal came. */
  get exitCode(): number | undefined {
    return this.first && exitCodes[this.first];
  }

  private receive(signal: InterruptingSignal): void {
    if (this.first) return;
    this.first = signal;
    this.onFirst(signal);
    this.controller.abort(new InterruptedError());
  }
}

/** Thrown by work that ended because of a signal. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  readonly code = "INTERRUPTED";

  constructor() {
    super("interrupted");
  }
}
