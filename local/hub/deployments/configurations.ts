import { refuse } from "../errors";
import type { Hub } from "../hub";
import { checkEtag, newEtag } from "../identities/ids";
import { parseCondition } from "../query/parser";
import { runQuery } from "../query/run";
import type { ConfigurationRecord, JsonObject } from "../store/model";
import { isObject } from "../twins/patch";
import { readContent } from "./content";

const idPattern = /^[a-z0-9\-:+%_#*?!(),=@;']{1,128}$/;

/** Creates, updates and removes configurations at scale. */
export class Configurations {
  constructor(
    private readonly hub: Hub,
    private readonly now: () => Date = () => new Date(),
  ) {}

  get(id: string): ConfigurationRecord {
    const configuration = this.hub.state.configurations.get(id);
    if (configuration === undefined) throw refuse.configurationNotFound(id);
    return configuration;
  }

  /** Without `ifMatch` it creates, with one it updates; the content never changes. */
  async put(
    id: string,
    body: unknown,
    ifMatch: string | undefined,
  ): Promise<{ configuration: ConfigurationRecord; created: boolean }> {
    const before = this.hub.state.configurations.get(id);
    if (before !== undefined && ifMatch === undefined) throw refuse.configurationExists(id);
    if (before === undefined && ifMatch !== undefined) throw refuse.configurationNotFound(id);
    if (before !== undefined) checkEtag(ifMatch, before.etag, `The configuration ${id}`);
    const configuration = this.#read(id, body, before);
    await this.hub.state.save({ kind: "configuration", record: configuration });
    this.hub.state.emit("targets");
    return { configuration, created: before === undefined };
  }

  async remove(id: string, ifMatch: string | undefined): Promise<void> {
    checkEtag(ifMatch, this.get(id).etag, `The configuration ${id}`);
    await this.hub.state.removeConfiguration(id);
    this.hub.state.emit("targets");
  }

  /** Whether a target condition and metric queries could be used; what the portal and the CLI ask before they create. */
  testQueries(body: JsonObject): JsonObject {
    const problem = (check: () => unknown): string => {
      try {
        check();
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const condition = body.targetCondition;
    const queries = isObject(body.customMetricQueries) ? body.customMetricQueries : {};
    return {
      targetConditionError:
        typeof condition === "string"
          ? problem(() => {
              checkCondition(condition);
            })
          : "",
      customMetricQueryErrors: Object.fromEntries(
        Object.entries(queries).flatMap(([name, query]) => {
          const message = problem(() => runQuery(this.hub, String(query)));
          return message === "" ? [] : [[name, message]];
        }),
      ),
    };
  }

  #read(id: string, body: unknown, before: ConfigurationRecord | undefined): ConfigurationRecord {
    const given = isObject(body) ? body : {};
    const faults: string[] = [];
    if (!idPattern.test(id)) {
      faults.push(
        `The id ${JSON.stringify(id)} is not 1 to 128 lowercase letters, digits and - : + % _ # * ? ! ( ) , = @ ; '.`,
      );
    }
    const { priority = before?.priority ?? 0, targetCondition = before?.targetCondition ?? "" } = given;
    if (typeof priority !== "number" || !Number.isInteger(priority) || priority < 0 || priority > 2 ** 31 - 1) {
      faults.push("priority must be a whole number from 0.");
    }
    if (typeof targetCondition !== "string") faults.push("targetCondition must be a string.");
    else
      collect(faults, () => {
        checkCondition(targetCondition);
      });
    const content = isObject(given.content) ? given.content : before?.content;
    if (before === undefined) collect(faults, () => readContent(content));
    else if (given.content !== undefined && !isSame(given.content, before.content)) {
      faults.push("content cannot be changed; create a configuration with another id.");
    }
    const metrics = readMetrics(given.metrics, before, faults);
    for (const query of Object.values(metrics)) collect(faults, () => runQuery(this.hub, query));
    if (faults.length > 0) throw refuse.argument(faults.join(" "));

    const now = this.now().toISOString();
    return {
      id,
      schemaVersion: typeof given.schemaVersion === "string" ? given.schemaVersion : (before?.schemaVersion ?? "1.0"),
      labels: isObject(given.labels) ? (given.labels as Record<string, string>) : (before?.labels ?? null),
      content: content ?? {},
      targetCondition: String(targetCondition),
      priority: Number(priority),
      metrics: { queries: metrics },
      createdTimeUtc: before?.createdTimeUtc ?? now,
      lastUpdatedTimeUtc: now,
      etag: newEtag(),
    };
  }
}

/** `*` is every device, nothing is none, else a condition over device twins. */
export function checkCondition(condition: string): void {
  if (condition.trim() !== "" && condition.trim() !== "*") parseCondition(condition);
}

function readMetrics(
  value: unknown,
  before: ConfigurationRecord | undefined,
  faults: string[],
): Record<string, string> {
  const queries = isObject(value) ? value.queries : undefined;
  if (!isObject(queries)) return before?.metrics.queries ?? {};
  const read: Record<string, string> = {};
  for (const [name, query] of Object.entries(queries)) {
    if (typeof query === "string") read[name] = query;
    else faults.push(`metrics.queries.${name} must be a string.`);
  }
  return read;
}

function collect(faults: string[], check: () => unknown): void {
  try {
    check();
  } catch (error) {
    faults.push((error as Error).message);
  }
}

/** Equal as JSON, with a service's empty fields left out. */
function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(canonical(left)) === JSON.stringify(canonical(right));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== undefined && !(isObject(item) && Object.keys(item).length === 0))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, canonical(item)]),
  );
}
