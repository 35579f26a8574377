import type { PictureHealth } from "@edge-vision/messages";
import type { Frame } from "../flow/frame";
import { PictureHealthMonitor } from "./picture-health";
import { makeThumbnail } from "./thumbnail";

const everyMilliseconds = 1000;

/** Looks at a frame each second and tells when the health of pictures changes. */
export class HealthWatch {
  readonly #monitor = new PictureHealthMonitor();
  readonly #onChange: (health: PictureHealth) => void;
  #current: PictureHealth = "ok";
  #lookedAt = -Infinity;
  #looking = false;

  constructor(onChange: (health: PictureHealth) => void) {
    this.#onChange = onChange;
  }

  get current(): PictureHealth {
    return this.#current;
  }

  /** Takes a frame; most are not looked at. */
  see(frame: Frame): void {
    const { tick } = frame.moment;
    if (this.#looking || tick - this.#lookedAt < everyMilliseconds) return;
    this.#lookedAt = tick;
    this.#looking = true;
    void this.#look(frame).finally(() => {
      this.#looking = false;
    });
  }

  /** Takes the next picture for the right view. */
  forget(): void {
    this.#monitor.forget();
  }

  async #look(frame: Frame): Promise<void> {
    const thumbnail = await makeThumbnail(frame.jpeg).catch(() => undefined);
    // A picture that cannot be decoded is the inference service's to refuse.
    if (!thumbnail) return;
    const health = this.#monitor.judge(thumbnail, frame.moment.tick);
    if (health === this.#current) return;
    this.#current = health;
    this.#onChange(health);
  }
}
