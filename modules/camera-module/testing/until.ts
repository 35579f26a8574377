import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `condition` gives something true, and returns it; fails after `seconds`. */
export async function until<T>(condition: () => T | Promise<T>, what: string, seconds = 60): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(10);
  }
}
