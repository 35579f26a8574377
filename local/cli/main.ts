import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { Interruption, InterruptedError } from "./interruption";

const usageExit = 2;

const interruption = new Interruption((signal) => {
  if (signal === "SIGINT" && process.stderr.isTTY) process.stderr.write("\nStopping…\n");
});

function wholeNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${lowest} to ${highest}.`);
  };
}

function moment(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError("Expected a time such as 2026-11-23T08:00:00Z.");
  return date;
}

// Each command's code is loaded when it runs: `--help` and `status` stay quick.
function createProgram(): Command {
  const program = new Command("edge-vision")
    .description("Computer vision on Azure IoT Edge, all of it on this machine.")
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError("Run edge-vision --help to see how it is used.");

  program
    .command("up")
    .description("start the local world, or bring a running one to what the project says")
    .option("-d, --detach", "return when messages can flow, and leave everything running")
    .option("--port <number>", "port of the page (default: a free one)", wholeNumber(1, 65_535))
    .addOption(
      new Option("--timeout <seconds>", "how long the modules may take to come up")
        .argParser(wholeNumber(1, 3_600))
        .default(120),
    )
    .action(async (options: { detach?: boolean; port?: number; timeout: number }) => {
      const { up } = await import("./commands/up.js");
      await up(options, interruption);
    });
  program
    .command("status")
    .description("what runs, with restarts and addresses; exit code 0 when everything does")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { status } = await import("./commands/status.js");
      process.exitCode = await status(options);
    });
  program
    .command("events")
    .description("the messages that reach the hub, one a line")
    .option("--json", "as JSON, one object a line")
    .option("--count <number>", "end after so many", wholeNumber(1, 1_000_000))
    .option("--timeout <seconds>", "give up after so long", wholeNumber(1, 86_400))
    .option("--since <time>", "read from this moment on (default: now)", moment)
    .action(async (options: { json?: boolean; count?: number; timeout?: number; since?: Date }) => {
      const { events } = await import("./commands/events.js");
      await events(options, interruption);
    });
  program
    .command("logs <name>")
    .description("the log of a module, or of hub, monitor, supervisor")
    .option("-f, --follow", "wait for more")
    .option("--device <id>", "of this device, where several run the module")
    .action(async (name: string, options: { follow?: boolean; device?: string }) => {
      const { logs } = await import("./commands/logs.js");
      await logs(name, options, interruption);
    });
  program
    .command("preview")
    .description("what up would change")
    .action(async () => {
      const { preview } = await import("./commands/preview.js");
      await preview(interruption);
    });
  program
    .command("down")
    .description("stop everything")
    .option("--purge", "also forget everything: remove .edge-vision/")
    .action(async (options: { purge?: boolean }) => {
      const { down } = await import("./commands/down.js");
      await down(options);
    });
  program
    .command("engine")
    .description("get the pinned Pulumi engine, and say where it came from")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { engine } = await import("./commands/engine.js");
      await engine(options, interruption);
    });
  return program;
}

async function main(): Promise<number> {
  const program = createProgram();
  try {
    if (process.argv.length < 3) {
      program.outputHelp({ error: true });
      return usageExit;
    }
    await program.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExit;
    // After an interrupt the errors of what it cut short are no news.
    if (interruption.exitCode === undefined && !(error instanceof InterruptedError)) report(error);
    return 1;
  }
}

// Typed errors say all that a user needs; anything else is a fault of this program and shows where.
function report(error: unknown): void {
  const typed = error instanceof Error && typeof (error as { code?: unknown }).code === "string";
  const text = typed ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`edge-vision: ${text}\n`);
}

// What an interrupted operation leaves rejected behind it has nobody waiting for it any more.
process.on("unhandledRejection", (error) => {
  if (interruption.exitCode !== undefined) return;
  report(error);
  process.exit(1);
});

void main().then((code) => process.exit(interruption.exitCode ?? code));
