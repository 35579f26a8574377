/** Set by `--expose-gc`. */
const collect = (globalThis as { gc?: (options: { type: "minor" }) => void }).gc;

/** Pictures between two collections: more than a thread has at a time, so that none is kept for old. */
const interval = 4;
let pictures = 0;

/**
 * Tells that a picture is done with. Compressed pictures, pixels and tensors lie outside of V8's heap, which waits for
 * tens of megabytes of them before it collects; once in a few pictures costs 0.1 ms.
 */
export function pictureDone(): void {
  if (++pictures % interval === 0) collect?.({ type: "minor" });
}
