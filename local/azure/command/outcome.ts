import { ProviderError, type PropertyMap } from "@edge-vision/iotedge/kit";

/** What a command said. */
export interface Output {
  stdout: string;
  stderr: string;
}

export interface Ending extends Output {
  code: number | null;
  signal?: string;
}

/** A command that ended with another code than 0. Its text and environment are not told: they may hold secrets. */
export class CommandError extends ProviderError {
  override name = "CommandError";

  constructor(where: string, { code, signal, stdout, stderr }: Ending, logging: Logging) {
    const how = signal === undefined ? `exit code ${code ?? "none"}` : signal;
    const said = lastLines(`${stdout}\n${stderr}`);
    const output =
      logging === "none" ? "Its output is hidden (logging: none)." : said === "" ? "It said nothing." : said;
    super("COMMAND_FAILED", `The command ${where} ended with ${how}. ${output}`);
  }
}

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

export function loggingOf(inputs: PropertyMap): Logging {
  return (inputs["logging"] as Logging | undefined) ?? "stdoutAndStderr";
}

/** Environment of a command: its own, and what the run before said unless that is switched off. */
export function environmentOf(inputs: PropertyMap, before: PropertyMap | undefined): Record<string, string> {
  const own = Object.entries((inputs["environment"] ?? {}) as Record<string, unknown>);
  const previous: [string, unknown][] =
    before === undefined || inputs["addPreviousOutputInEnv"] === false
      ? []
      : [
          ["PULUMI_COMMAND_STDOUT", before["stdout"] ?? ""],
          ["PULUMI_COMMAND_STDERR", before["stderr"] ?? ""],
        ];
  return Object.fromEntries([...own, ...previous].map(([key, value]) => [key, String(value)]));
}

/** Calls back with each whole line of a stream of text. */
export class Lines {
  text = "";
  private told = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  add(chunk: string): void {
    this.text += chunk;
    for (let end = this.text.indexOf("\n", this.told); end >= 0; end = this.text.indexOf("\n", this.told)) {
      this.onLine(this.text.slice(this.told, end));
      this.told = end + 1;
    }
  }

  /** The whole text without its last line break. */
  end(): string {
    if (this.told < this.text.length) this.onLine(this.text.slice(this.told));
    return this.text.replace(/\n$/, "");
  }
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-20).join("\n");
}
