import { createWriteStream, mkdirSync, openSync, renameSync, statSync, type WriteStream } from "node:fs";
import path from "node:path";

export interface LogFileOptions {
  /** A file is put aside when it has this many bytes. @default 10 MiB */
  maximumBytes?: number;
  /** How many files are kept beside the current one: `x.log.1` is the newest. @default 2 */
  kept?: number;
}

/** A module's output: appended to one file, rotated by size. */
export class LogFile {
  private stream: WriteStream | undefined;
  private size = 0;
  private readonly maximumBytes: number;
  private readonly kept: number;

  constructor(
    readonly file: string,
    options: LogFileOptions = {},
  ) {
    this.maximumBytes = options.maximumBytes ?? 10 * 1024 * 1024;
    this.kept = options.kept ?? 2;
    mkdirSync(path.dirname(file), { recursive: true });
  }

  /** @returns false when the caller should wait for `drained` before it writes more */
  write(chunk: Buffer | string): boolean {
    this.stream ??= this.open();
    this.size += Buffer.byteLength(chunk);
    const goesOn = this.stream.write(chunk);
    if (this.size >= this.maximumBytes) this.rotate();
    return goesOn;
  }

  drained(listener: () => void): void {
    if (this.stream?.writableNeedDrain === true) this.stream.once("drain", listener);
    else setImmediate(listener);
  }

  close(): void {
    this.stream?.end();
    this.stream = undefined;
  }

  private open(): WriteStream {
    this.size = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
    // Opened at once: a rename that follows moves what is still being written.
    const stream = createWriteStream(this.file, { fd: openSync(this.file, "a") });
    // A full disk must not end the runtime; the module's output is lost meanwhile.
    stream.on("error", () => {
      if (this.stream === stream) this.stream = undefined;
    });
    return stream;
  }

  private rotate(): void {
    this.close();
    for (let number = this.kept; number > 0; number--) {
      const from = number === 1 ? this.file : `${this.file}.${number - 1}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${this.file}.${number}`);
    }
  }
}
