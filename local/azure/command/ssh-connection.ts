import { setTimeout as sleep } from "node:timers/promises";
import type { Duplex } from "node:stream";
import { ProviderError, type PropertyMap } from "@edge-vision/iotedge/kit";
import ssh2 from "ssh2";
import { HostKeyError, parseHostKey } from "./host-key";
import { textOf } from "../text-of";

/** `code` is `SSH_FAILED`: the host cannot be reached or does not let the user in. */
export class SshError extends ProviderError {
  override name = "SshError";

  constructor(message: string, options?: ErrorOptions) {
    super("SSH_FAILED", message, options);
  }
}

/** Delay before the second try, in milliseconds; it grows by half each time, up to five seconds. */
const firstDelay = 250;
const longestDelay = 5_000;

/** Opens a connection, does something with it and closes it, whatever happens. */
export async function withConnection<T>(
  connection: PropertyMap,
  signal: AbortSignal,
  use: (client: ssh2.Client) => Promise<T>,
): Promise<T> {
  const proxy = connection["proxy"] as PropertyMap | undefined;
  if (proxy === undefined) {
    const client = await dial(connection, signal);
    return use(client).finally(() => client.end());
  }
  const bastion = await dial(proxy, signal);
  try {
    const stream = await forward(bastion, connection);
    const client = await dial(connection, signal, stream);
    return await use(client).finally(() => client.end());
  } finally {
    bastion.end();
  }
}

async function dial(connection: PropertyMap, signal: AbortSignal, sock?: Duplex): Promise<ssh2.Client> {
  const limit = Number(connection["dialErrorLimit"] ?? 10);
  for (let attempt = 1, delay = firstDelay; ; attempt++, delay = Math.min(delay * 1.5, longestDelay)) {
    signal.throwIfAborted();
    try {
      return await connect(connection, signal, sock);
    } catch (error) {
      // A stream through a bastion is used up; a wrong key or password does not become right.
      const final = sock !== undefined || error instanceof HostKeyError || isRefusal(error);
      signal.throwIfAborted();
      if (final || (limit >= 0 && attempt > limit)) throw asSshError(error, connection, attempt);
      await sleep(delay, undefined, { signal });
    }
  }
}

function connect(connection: PropertyMap, signal: AbortSignal, sock: Duplex | undefined): Promise<ssh2.Client> {
  const text = (key: string): string | undefined => {
    const value = connection[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const hostKey = text("hostKey");
  const expected = hostKey === undefined ? undefined : parseHostKey(hostKey);
  const client = new ssh2.Client();
  let verified = true;
  return new Promise<ssh2.Client>((resolve, reject) => {
    const stop = (): void => {
      client.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", stop, { once: true });
    client.once("ready", () => {
      signal.removeEventListener("abort", stop);
      resolve(client);
    });
    // A broken connection may tell it twice; failures after "ready" belong to who uses the connection.
    client.on("error", (error) => {
      signal.removeEventListener("abort", stop);
      reject(verified ? error : new HostKeyError(textOf(connection["host"])));
    });
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => text("password") ?? ""));
    });
    const agent = text("agentSocketPath") ?? process.env["SSH_AUTH_SOCK"];
    const [password, privateKey, passphrase] = [text("password"), text("privateKey"), text("privateKeyPassword")];
    try {
      client.connect({
        host: textOf(connection["host"]),
        port: Number(connection["port"] ?? 22),
        username: text("user") ?? "root",
        readyTimeout: Number(connection["perDialTimeout"] ?? 15) * 1000,
        keepaliveInterval: 15_000,
        tryKeyboard: password !== undefined,
        ...(password === undefined ? {} : { password }),
        ...(privateKey === undefined ? {} : { privateKey }),
        ...(passphrase === undefined ? {} : { passphrase }),
        ...(agent === undefined ? {} : { agent }),
        ...(sock === undefined ? {} : { sock }),
        ...(expected === undefined ? {} : { algorithms: { serverHostKey: expected.algorithms } }),
        hostVerifier: (key: Buffer) => (verified = expected?.matches(key) ?? true),
      });
    } catch (error) {
      // The private key cannot be read.
      reject(error instanceof Error ? error : new SshError(String(error)));
    }
  });
}

function forward(bastion: ssh2.Client, { host, port = 22 }: PropertyMap): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    bastion.forwardOut("127.0.0.1", 0, textOf(host), Number(port), (error, stream) => {
      if (error === undefined) resolve(stream);
      else reject(new SshError(`The bastion host cannot reach ${textOf(host)}: ${error.message}.`));
    });
  });
}

function isRefusal(error: unknown): boolean {
  const { level, message } = error as { level?: string; message?: string };
  return level === "client-authentication" || message?.startsWith("Cannot parse privateKey") === true;
}

function asSshError(error: unknown, { host, port = 22, user = "root" }: PropertyMap, attempts: number): Error {
  if (error instanceof ProviderError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const where = `${textOf(user)}@${textOf(host)}:${textOf(port)}`;
  const tries = attempts === 1 ? "" : ` after ${attempts} tries`;
  return new SshError(`No SSH connection to ${where}${tries}: ${message === "" ? (code ?? "failed") : message}.`, {
    cause: error,
  });
}
