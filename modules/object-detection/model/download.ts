import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Dispatcher, RequestInit, Response } from "undici";
import { ModelError } from "../errors";
import { sha256Of } from "./model-file";

export interface DownloadOptions {
  /** Most bytes that are accepted. */
  maxBytes: number;
  signal?: AbortSignal;
  /** Connections; default: Node's own. */
  dispatcher?: Dispatcher;
  /** How often a broken transfer is taken up again. @default 5 */
  attempts?: number;
  /** Milliseconds before the first new attempt; doubles each time. @default 1000 */
  delay?: number;
}

/** A broken transfer: worth another attempt. */
class TransferError extends Error {}

const mostRedirects = 5;

/**
 * Fetches a model over https into `target`. A broken transfer is resumed, also by the next call: what has arrived
 * stays in `<target>.part`. `target` appears only when its SHA-256 is right.
 *
 * @throws ModelError `MODEL_DOWNLOAD`, `MODEL_TOO_LARGE` or `MODEL_CHECKSUM`
 */
export async function download(url: string, sha256: string, target: string, options: DownloadOptions): Promise<void> {
  const { attempts = 5, delay = 1000, signal } = options;
  const part = `${target}.part`;
  await mkdir(path.dirname(target), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    try {
      const resumed = await transfer(url, part, options);
      const found = await sha256Of(part);
      if (found === sha256.toLowerCase()) break;
      await rm(part, { force: true });
      // What was resumed may stem from another version of the file.
      if (resumed) throw new TransferError("the part that was there did not belong to this file");
      throw new ModelError(
        "MODEL_CHECKSUM",
        `${url} has the SHA-256 ${found}, but ${sha256.toLowerCase()} is wanted; correct the sha256 or the address`,
      );
    } catch (error) {
      if (error instanceof ModelError || signal?.aborted) throw error;
      const reason = reasonOf(error);
      if (attempt >= attempts) {
        throw new ModelError("MODEL_DOWNLOAD", `${url} cannot be fetched (${attempts} attempts): ${reason}`);
      }
      await wait(delay * 2 ** (attempt - 1), undefined, signal ? { signal } : {});
    }
  }
  await rename(part, target);
}

/** Adds to `part` what is missing of it. Answers whether something of it was there before. */
async function transfer(url: string, part: string, options: DownloadOptions): Promise<boolean> {
  const { maxBytes, signal, dispatcher } = options;
  const had = await sizeOf(part);
  const response = await request(url, {
    headers: had > 0 ? { range: `bytes=${had}-` } : {},
    redirect: "manual",
    ...(signal ? { signal } : {}),
    ...(dispatcher ? { dispatcher } : {}),
  });
  if (response.status === 416) {
    await response.body?.cancel();
    return true;
  }
  const resumed =
    response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${had}-`) === true;
  if (!resumed && response.status !== 200) {
    await response.body?.cancel();
    const message = `the server answered ${response.status}`;
    if (response.status >= 500 || response.status === 429 || response.status === 206) throw new TransferError(message);
    throw new ModelError("MODEL_DOWNLOAD", `${url} cannot be fetched: ${message}`);
  }
  const start = resumed ? had : 0;
  const tooLarge = (bytes: number): ModelError =>
    new ModelError(
      "MODEL_TOO_LARGE",
      `${url} has ${bytes} bytes or more; at most ${maxBytes} are fetched (MAX_MODEL_BYTES sets the limit)`,
    );
  const announced = Number(response.headers.get("content-length") ?? 0) + start;
  if (announced > maxBytes) {
    await response.body?.cancel();
    throw tooLarge(announced);
  }
  let received = start;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      done(received > maxBytes ? tooLarge(received) : null, chunk);
    },
  });
  if (!response.body) throw new TransferError("the server sent no body");
  try {
    await pipeline(Readable.fromWeb(response.body), limit, createWriteStream(part, { flags: resumed ? "a" : "w" }));
  } catch (error) {
    if (error instanceof ModelError) await rm(part, { force: true });
    throw error;
  }
  return resumed && had > 0;
}

/** Follows redirects, but never away from https. */
async function request(url: string, init: RequestInit): Promise<Response> {
  // Loaded only here: a module whose model is a file saves its memory.
  const { fetch } = await import("undici");
  let address = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    if (!address.startsWith("https://")) {
      throw new ModelError("MODEL_DOWNLOAD", `${url} leads to ${address}, which is not an https URL`);
    }
    const response = await fetch(address, init);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    address = new URL(location, address).href;
  }
  throw new ModelError("MODEL_DOWNLOAD", `${url} redirects more than ${mostRedirects} times`);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return 0;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { message?: string; code?: string } };
  return cause === undefined ? message : `${message}: ${cause.code ?? cause.message ?? ""}`;
}
