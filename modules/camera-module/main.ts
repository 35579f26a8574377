import { ModuleClient } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { pino } from "pino";
import { Camera } from "./camera";
import { EnvironmentError, readEnvironment } from "./settings/environment";

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const log = pino({ level: environment.logLevel, base: { module: "camera-module" } });
  const deviceId = process.env.IOTEDGE_DEVICEID;
  if (deviceId === undefined) {
    throw new Error("IOTEDGE_DEVICEID is not set: this program is a module that the IoT Edge runtime starts");
  }
  const end = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "the module ends");
      end.abort();
    });
  }
  const camera = await Camera.create(environment, { connect: () => ModuleClient.fromEnvironment(Mqtt), deviceId, log });
  await camera.run(end.signal);
}

main().then(
  // The SDK keeps timers of its own.
  () => process.exit(0),
  (error: unknown) => {
    const { message } = error as Error;
    process.stderr.write(`camera-module: ${error instanceof EnvironmentError ? message : message.split("\n", 1)[0]}\n`);
    process.exit(1);
  },
);
