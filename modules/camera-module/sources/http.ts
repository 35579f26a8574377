import { setTimeout as sleep } from "node:timers/promises";
import { redactCameraSource } from "@edge-vision/messages";
import { Agent, type Dispatcher, request } from "undici";
import { JpegSplitter, type Picture } from "../jpeg/splitter";
import { type FrameSource, SourceError } from "./frame-source";
import { HttpCredentials } from "./http-credentials";

export interface HttpSourceOptions {
  /** Address of an MJPEG stream or of a picture; a user name and password in it answer the camera's challenge. */
  url: string;
  /** Pictures a second that a picture's address is asked for. */
  fps: () => number;
}

const maxPictureBytes = 16 * 1024 * 1024;
const answerMilliseconds = 10_000;

/** Pictures from a camera that serves them over HTTP: as a stream, or one at each request. */
export class HttpSource implements FrameSource {
  readonly #options: HttpSourceOptions;
  readonly #name: string;
  readonly #address: string;
  readonly #credentials: HttpCredentials;

  constructor(options: HttpSourceOptions) {
    this.#options = options;
    this.#name = redactCameraSource(options.url);
    const url = new URL(options.url);
    this.#credentials = new HttpCredentials(decoded(url.username), decoded(url.password));
    url.username = url.password = "";
    this.#address = url.href;
  }

  async run(deliver: (picture: Picture) => void, signal: AbortSignal): Promise<void> {
    const agent = new Agent({
      headersTimeout: answerMilliseconds,
      bodyTimeout: 0,
      connect: { timeout: answerMilliseconds },
    });
    try {
      for (;;) {
        const asked = performance.now();
        const isStream = await this.#ask(agent, deliver, signal);
        if (isStream) throw new SourceError("SOURCE_BROKEN", `${this.#name}: the stream ended`);
        const pause = 1000 / this.#options.fps() - (performance.now() - asked);
        await sleep(Math.max(0, pause), undefined, { signal });
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SourceError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new SourceError("SOURCE_BROKEN", `${this.#name}: ${code ?? message}`);
    } finally {
      await agent.destroy();
    }
  }

  /** One request. Returns whether the answer was a stream, which has ended then. */
  async #ask(agent: Agent, deliver: (picture: Picture) => void, signal: AbortSignal): Promise<boolean> {
    let response = await this.#get(agent, signal);
    if (response.statusCode === 401 && this.#credentials.challenged(response.headers["www-authenticate"])) {
      await response.body.dump({ limit: 65_536 });
      response = await this.#get(agent, signal);
    }
    const { statusCode, headers, body } = response;
    if (statusCode !== 200) {
      await body.dump({ limit: 65_536 });
      const hint = statusCode === 401 ? `; ${this.#credentials.hint}` : "";
      throw new SourceError("SOURCE_REFUSED", `${this.#name}: the camera answered ${statusCode}${hint}`);
    }
    const type = String(headers["content-type"] ?? "");
    const isPicture = type.startsWith("image/");
    const splitter = new JpegSplitter();
    let count = 0;
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (isPicture && bytes > maxPictureBytes) break;
      for (const picture of splitter.push(chunk)) {
        count += 1;
        deliver(picture);
      }
    }
    if (count === 0) {
      throw new SourceError(
        "SOURCE_NO_PICTURES",
        `${this.#name}: ${bytes} bytes of ${type === "" ? "an unnamed type" : type} held no JPEG picture. ` +
          "The address must be that of an MJPEG stream or of a JPEG picture.",
      );
    }
    return !isPicture;
  }

  async #get(agent: Agent, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { pathname, search } = new URL(this.#address);
    const authorization = this.#credentials.authorization("GET", pathname + search);
    return request(this.#address, {
      dispatcher: agent,
      headers: authorization === undefined ? {} : { authorization },
      signal,
    });
  }
}

/** A part of an address without its escapes; a `%` that begins none stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
