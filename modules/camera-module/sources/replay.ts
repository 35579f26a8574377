import { createReadStream, renameSync, writeFileSync } from "node:fs";
import { opendir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JpegSplitter, type Picture } from "../jpeg/splitter";
import { type FrameSource, SourceError } from "./frame-source";

export interface ReplayOptions {
  /** An MJPEG file, or a folder of JPEG pictures that are played in the order of their names. */
  path: string;
  /** Pictures a second; asked before each picture. */
  fps: () => number;
  /** Start again at the end. */
  loop: boolean;
  /** A file that keeps how many pictures were played, so that the next run goes on after them. */
  positionFile?: string | undefined;
}

/** Plays a recording at a given rate, as if a camera saw it now. */
export class ReplaySource implements FrameSource {
  readonly #options: ReplayOptions;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  async run(deliver: (picture: Picture) => void, signal: AbortSignal): Promise<void> {
    let due = performance.now();
    let skip = await this.#position();
    do {
      let count = 0;
      for await (const picture of await this.#pictures()) {
        if (signal.aborted) return;
        count += 1;
        if (count <= skip) continue;
        this.#keepPosition(count);
        deliver(picture);
        // A recording that could not be played in time is not caught up with.
        due = Math.max(due + 1000 / this.#options.fps(), performance.now());
        await sleep(due - performance.now(), undefined, { signal }).catch(() => undefined);
      }
      if (count === 0) throw await this.#noPictures();
      skip = 0;
    } while (this.#options.loop && !signal.aborted);
  }

  async #pictures(): Promise<AsyncIterable<Picture>> {
    const { path } = this.#options;
    try {
      return (await stat(path)).isDirectory() ? folderPictures(path) : clipPictures(path);
    } catch (error) {
      throw new SourceError(
        "SOURCE_NOT_FOUND",
        `replay: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}). ` +
          `Set the camera's source to an MJPEG file or a folder of JPEG pictures that the module can read.`,
      );
    }
  }

  async #position(): Promise<number> {
    const { positionFile } = this.#options;
    if (positionFile === undefined) return 0;
    const text = await readFile(positionFile, "utf8").catch(() => "0");
    return Number.parseInt(text, 10) || 0;
  }

  /** Written before the picture is delivered: it is never seen twice, as with a camera. */
  #keepPosition(count: number): void {
    const { positionFile } = this.#options;
    if (positionFile === undefined) return;
    writeFileSync(`${positionFile}.new`, String(count));
    renameSync(`${positionFile}.new`, positionFile);
  }

  async #noPictures(): Promise<SourceError> {
    const { path } = this.#options;
    const info = await stat(path);
    const what = info.isDirectory() ? "the folder holds no *.jpg" : `${info.size} bytes hold no whole JPEG picture`;
    return new SourceError(
      "SOURCE_NO_PICTURES",
      `replay: ${path} has nothing to show: ${what}. ` +
        `Use a stream of JPEG pictures, as \`ffmpeg -i clip.mp4 -c:v mjpeg -f mjpeg clip.mjpeg\` writes it.`,
    );
  }
}

async function* clipPictures(path: string): AsyncIterable<Picture> {
  const splitter = new JpegSplitter();
  for await (const chunk of createReadStream(path)) yield* splitter.push(chunk as Buffer);
}

async function* folderPictures(path: string): AsyncIterable<Picture> {
  const names: string[] = [];
  for await (const entry of await opendir(path)) if (/\.jpe?g$/i.test(entry.name)) names.push(entry.name);
  for (const name of names.sort()) yield* new JpegSplitter().push(await readFile(join(path, name)));
}
