import type { Picture } from "../jpeg/splitter";
import { type CaptureState, keepCapturing } from "../sources/capture";
import type { FrameSource } from "../sources/frame-source";
import { until } from "./until";

export interface Producer {
  /** Cuts the source off, as a pulled cable does. */
  cut(): Promise<void> | void;
  /** Brings it back. */
  bringBack(): Promise<void> | void;
}

/** Plays a source whose producer is cut off and brought back so many times; returns what was seen and told. */
export async function surviveCuts(
  open: () => FrameSource,
  producer: Producer,
  cuts = 3,
): Promise<{ pictures: Picture[]; failures: string[] }> {
  const pictures: Picture[] = [];
  const failures: string[] = [];
  let state: CaptureState["state"] = "starting";
  const end = new AbortController();
  const running = keepCapturing(
    {
      open,
      deliver: (picture) => pictures.push(picture),
      onState: (next) => {
        ({ state } = next);
        if (next.state === "failed") failures.push(`${next.error.code} ${next.error.message}`);
      },
      backOffMilliseconds: [50, 500],
    },
    end.signal,
  );
  try {
    await until(() => pictures.length >= 3, "the first pictures");
    for (let cut = 0; cut < cuts; cut++) {
      const before = failures.length;
      await producer.cut();
      await until(() => failures.length > before, `failure ${cut + 1}`);
      await producer.bringBack();
      const seen = pictures.length;
      await until(() => state === "running" && pictures.length >= seen + 3, `pictures after cut ${cut + 1}`);
    }
  } finally {
    end.abort();
    await running;
  }
  return { pictures, failures };
}
