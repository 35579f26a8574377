import type { ModuleFleet } from "./module-fleet";

/** A direct method's answer. */
export interface MethodAnswer {
  status: number;
  payload: unknown;
}

/** edgeAgent's direct methods: `ping` and `RestartModule` (`{"schemaVersion": "1.0", "id": "camera-module"}`). */
export function answerMethod(name: string, body: Buffer, fleet: ModuleFleet): MethodAnswer {
  switch (name.toLowerCase()) {
    case "ping":
      return { status: 200, payload: null };
    case "restartmodule": {
      const id = readId(body);
      if (id === undefined)
        return { status: 400, payload: { message: 'The payload must be {"schemaVersion": "1.0", "id": "<module>"}.' } };
      if (fleet.restart(id)) return { status: 200, payload: null };
      return { status: 404, payload: { message: `The module ${id} is not running on this device.` } };
    }
    default:
      return {
        status: 501,
        payload: {
          message: `edgeAgent's method ${name} is not supported in the local world: ping and RestartModule are.`,
        },
      };
  }
}

function readId(body: Buffer): string | undefined {
  try {
    const { id } = JSON.parse(body.toString("utf8")) as { id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}
