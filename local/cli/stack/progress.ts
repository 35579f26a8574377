import type { EngineEvent } from "@pulumi/pulumi/automation";

/** What one resource is going through, for people. */
export type Told = (line: string) => void;

const doing: Record<string, string> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  replace: "replacing",
  "create-replacement": "creating replacement",
  "delete-replaced": "deleting replaced",
  refresh: "reading",
  read: "reading",
  import: "importing",
};

/** Collects what an operation of the engine says while it runs. */
export class OperationLog {
  /** Messages of severity error, without repeats, in the order they came. */
  readonly errors: string[] = [];
  /** How many resources each kind of step concerned, `same` included. */
  changes: Record<string, number> = {};
  /** URN → kind of step, of all that changed. */
  readonly changed = new Map<string, string>();

  constructor(private readonly told: Told) {}

  readonly onEvent = (event: EngineEvent): void => {
    const step = event.resourcePreEvent?.metadata;
    if (step && step.op !== "same") {
      this.changed.set(step.urn, step.op);
      const verb = doing[step.op];
      if (verb !== undefined) this.told(`${verb} ${nameOf(step.urn)}`);
    }
    if (event.summaryEvent) this.changes = { ...event.summaryEvent.resourceChanges };
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === "error") {
      const text = withoutColours(diagnostic.message).trim();
      const message = diagnostic.urn ? `${nameOf(diagnostic.urn)}: ${text}` : text;
      if (text !== "" && !this.errors.includes(message)) this.errors.push(message);
    }
  };

  /** Whether nothing but `same` happened. */
  get unchanged(): boolean {
    return Object.entries(this.changes).every(([op, count]) => op === "same" || count === 0);
  }

  /** `3 created, 1 updated, 12 unchanged`. */
  summary(): string {
    const done: Record<string, string> = {
      create: "created",
      update: "updated",
      delete: "deleted",
      replace: "replaced",
    };
    const parts = Object.entries(this.changes).flatMap(([op, count]) => {
      const word = done[op];
      return word !== undefined && count > 0 ? [`${count} ${word}`] : [];
    });
    const same = this.changes["same"] ?? 0;
    return parts.length === 0 ? `no change (${same} resources)` : [...parts, `${same} unchanged`].join(", ");
  }
}

/** `DeviceIdentity edge-device-1` from a URN. */
function nameOf(urn: string): string {
  const [, , type = "", name = ""] = urn.split("::");
  const last = type.split("$").at(-1)?.split(":").at(-1) ?? type;
  return last === "Stack" ? "the program" : `${last} ${name}`;
}

// The engine marks colours as `<{%reset%}>`.
function withoutColours(text: string): string {
  return text.replaceAll(/<\{%[^%]*%\}>/g, "");
}
