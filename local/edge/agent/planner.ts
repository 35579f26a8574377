/** A module as it should be. */
export interface WantedModule {
  moduleId: string;
  status: "running" | "stopped";
  startupOrder: number;
  /** What the module is started from; a change means a new process. Nothing: that cannot be told now. */
  signature: string | undefined;
}

/** A module as it is. */
export interface PresentModule {
  moduleId: string;
  /** Whether it runs or is to be started again. */
  active: boolean;
  /** What the present process was started from; nothing when it never could be. */
  signature: string | undefined;
}

export type Step =
  /** Stop it and forget it. */
  | { kind: "remove"; moduleId: string }
  | { kind: "stop"; moduleId: string }
  | { kind: "start"; moduleId: string }
  /** Stop the present process, then start a new one. */
  | { kind: "roll"; moduleId: string };

/**
 * The steps from what is to what should be: first what goes, then what comes, in startup order. A module whose process
 * would be the same is not touched.
 */
export function plan(present: readonly PresentModule[], wanted: readonly WantedModule[]): Step[] {
  const ids = new Set(wanted.map(({ moduleId }) => moduleId));
  const going: Step[] = present
    .filter(({ moduleId }) => !ids.has(moduleId))
    .map(({ moduleId }) => ({ kind: "remove", moduleId }));
  const coming: Step[] = [];
  for (const module of [...wanted].sort(byStartup)) {
    const { moduleId } = module;
    const now = present.find((one) => one.moduleId === moduleId);
    if (module.status === "stopped") {
      if (now?.active === true) going.push({ kind: "stop", moduleId });
    } else if (now === undefined || !now.active) {
      coming.push({ kind: "start", moduleId });
    } else if (module.signature !== undefined && module.signature !== now.signature) {
      coming.push({ kind: "roll", moduleId });
    }
  }
  return [...going, ...coming];
}

function byStartup(a: WantedModule, b: WantedModule): number {
  return a.startupOrder - b.startupOrder || (a.moduleId < b.moduleId ? -1 : 1);
}
