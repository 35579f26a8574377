import type { Orientation } from "@edge-vision/messages";
import sharp from "sharp";
import type { Picture } from "../jpeg/splitter";
import type { FrameSource } from "./frame-source";

/** Turns the pictures of a source that cannot do it itself. While one is being turned, newer ones are left out. */
export class OrientedSource implements FrameSource {
  readonly #source: FrameSource;
  readonly #orientation: Orientation;

  constructor(source: FrameSource, orientation: Orientation) {
    this.#source = source;
    this.#orientation = orientation;
  }

  async run(deliver: (picture: Picture) => void, signal: AbortSignal): Promise<void> {
    let turning = Promise.resolve();
    let busy = false;
    const turn = async ({ jpeg }: Picture): Promise<void> => {
      // A picture that cannot be decoded is dropped here.
      const turned = await this.#turn(jpeg).catch(() => undefined);
      busy = false;
      if (turned && !signal.aborted) deliver(turned);
    };
    await this.#source.run((picture) => {
      if (busy) return;
      busy = true;
      turning = turn(picture);
    }, signal);
    await turning;
  }

  async #turn(jpeg: Buffer): Promise<Picture> {
    const { rotate, hflip, vflip } = this.#orientation;
    const turned = await sharp(jpeg, { failOn: "error" }).rotate(rotate).toBuffer();
    const { data, info } = await sharp(turned)
      .flop(hflip)
      .flip(vflip)
      .jpeg({ quality: 90 })
      .toBuffer({ resolveWithObject: true });
    return { jpeg: data, width: info.width, height: info.height };
  }
}
