import { pino } from "pino";
import { Service } from "./service";
import { inferenceEntry, readSettings } from "./settings";

/** Ends with one line that says what is wrong. */
function fail(error: unknown): never {
  const { code, message } = error as { code?: string; message: string };
  const reason =
    code === "EADDRINUSE"
      ? `the port ${process.env.PORT ?? "8885"} is in use; set PORT to a free one (0 takes any)`
      : message;
  process.stderr.write(`object-detection cannot start: ${reason}\n`);
  process.exit(1);
}

try {
  const settings = readSettings(process.env);
  const log = pino({ level: settings.LOG_LEVEL });
  const service = new Service(settings, log, inferenceEntry(process.argv[1] ?? __filename));
  const end = (signal: string): void => {
    log.info({ signal }, "shutting down");
    void service.close().finally(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  service.start().catch(fail);
} catch (error) {
  fail(error);
}
