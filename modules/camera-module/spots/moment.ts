import { readFileSync } from "node:fs";

/** A point in time by two clocks: the wall clock, which may jump, and the machine's monotonic one. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Milliseconds of the monotonic clock, which all processes of one boot share. */
  readonly tick: number;
  /** Which boot the tick belongs to. */
  readonly boot: string;
}

const boot = readBoot();

/** This moment. */
export function now(): Moment {
  return { wall: Date.now(), tick: Number(process.hrtime.bigint() / 1_000_000n), boot };
}

/**
 * Milliseconds from one moment to a later one. Within one boot a jump of the wall clock does not count; across boots
 * only the wall clock is there, and one that went back leaves the time unknown: Infinity.
 */
export function elapsed(from: Moment, to: Moment): number {
  const milliseconds = from.boot === to.boot ? to.tick - from.tick : to.wall - from.wall;
  return milliseconds < 0 ? Infinity : milliseconds;
}

function readBoot(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Without a name for the boot, another process cannot compare its ticks with ours.
    return `process-${process.pid}-${Date.now()}`;
  }
}
