import type { PropertyMap } from "@edge-vision/iotedge/kit";
import { CommandError, Lines, type Logging, type Output } from "./outcome";
import { SshError, withConnection } from "./ssh-connection";
import { textOf } from "../text-of";

export interface RemoteRun {
  connection: PropertyMap;
  command: string;
  environment: Record<string, string>;
  stdin?: string;
  logging: Logging;
  signal: AbortSignal;
  log: (line: string) => void;
}

/**
 * Runs a command over SSH. Variables reach it where the server accepts them (`AcceptEnv`).
 *
 * @throws {CommandError} it ends with another code than 0
 * @throws {SshError} the connection cannot be made, or breaks before the command ended
 */
export function runRemotely(run: RemoteRun): Promise<Output> {
  const host = textOf(run.connection["host"]);
  return withConnection(run.connection, run.signal, (client) => {
    return new Promise<Output>((resolve, reject) => {
      const stop = (): void => {
        client.destroy();
        reject(run.signal.reason as Error);
      };
      run.signal.addEventListener("abort", stop, { once: true });
      const broken = (): void => {
        reject(new SshError(`The connection to ${host} broke while a command ran. Run the update again.`));
      };
      client.once("close", broken);
      client.exec(run.command, { env: run.environment }, (error, stream) => {
        if (error !== undefined) {
          reject(new SshError(`${host} does not run commands: ${error.message}.`, { cause: error }));
          return;
        }
        const stdout = new Lines(run.logging.startsWith("stdout") ? run.log : () => undefined);
        const stderr = new Lines(
          run.logging === "stderr" || run.logging === "stdoutAndStderr" ? run.log : () => undefined,
        );
        stream.setEncoding("utf8").on("data", (text: string) => {
          stdout.add(text);
        });
        stream.stderr.setEncoding("utf8").on("data", (text: string) => {
          stderr.add(text);
        });
        let ended = false;
        let [code, name]: [number | null, string | undefined] = [null, undefined];
        stream.on("exit", (status: number | null, signalName?: string) => {
          ended = true;
          [code, name] = [status, signalName];
        });
        stream.on("close", () => {
          client.removeListener("close", broken);
          run.signal.removeEventListener("abort", stop);
          const output = { stdout: stdout.end(), stderr: stderr.end() };
          if (!ended) broken();
          else if (code === 0) resolve(output);
          else {
            const ending = { ...output, code, ...(name === undefined ? {} : { signal: name }) };
            reject(new CommandError(`on ${host}`, ending, run.logging));
          }
        });
        stream.end(run.stdin ?? "");
      });
    });
  });
}
