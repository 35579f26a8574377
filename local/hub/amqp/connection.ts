import type { EventContext, Message, Sender } from "rhea";
import type { Logger } from "pino";
import { HubError } from "../errors";
import type { Hubs } from "../hubs";
import { Claims } from "./claims";
import { describeNode } from "./management";
import { PartitionReader } from "./partition-reader";
import type { Readers, Attached } from "./readers";
import { readStartPosition } from "./start-position";

const partitionAddress = /^(?:amqps?:\/\/[^/]+\/)?([^/]+)\/ConsumerGroups\/([^/]+)\/Partitions\/(\d{1,5})$/i;
const selectorName = "apache.org:selector-filter:string";
const epochName = "com.microsoft:epoch";

/** One connection of a reader: its tokens, its requests and its partitions. */
export class EventsConnection {
  readonly #claims: Claims;
  readonly #replies = new Map<string, Sender>();
  readonly #readers = new Map<Sender, { reader: PartitionReader; leave(): void }>();

  constructor(
    hubs: Hubs,
    private readonly allReaders: Readers,
    private readonly logger: Logger,
  ) {
    this.#claims = new Claims(hubs);
  }

  close(): void {
    for (const sender of [...this.#readers.keys()]) this.onSenderClose(sender);
  }

  /** The peer wants to receive: replies of `$cbs` and `$management`, or a partition's events. */
  onSenderOpen(sender: Sender): void {
    const address = addressOf(sender.source);
    sender.set_source({ address, filter: (sender.source as { filter?: never } | undefined)?.filter });
    sender.set_target({ address: addressOf(sender.target) });
    const node = nodeOf(address);
    if (node !== undefined) {
      this.#replies.set(node, sender);
      return;
    }
    // Events are settled when they are sent: a reader keeps its own position.
    (sender as unknown as { local: { attach: { snd_settle_mode: number } } }).local.attach.snd_settle_mode = 1;
    this.#openPartition(sender, address).catch((error: unknown) => {
      this.#refuse(sender, error);
    });
  }

  async #openPartition(sender: Sender, address: string): Promise<void> {
    const [, path = "", group = "", partitionText = ""] = partitionAddress.exec(address) ?? [];
    if (path === "") throw new HubError("amqp:not-found", 404, missing(address));
    const hub = await this.#claims.require(decodeURIComponent(path));
    const known = ["$Default", ...hub.record.consumerGroups].some(
      (name) => name.toLowerCase() === decodeURIComponent(group).toLowerCase(),
    );
    if (!known) throw new HubError("amqp:not-found", 404, missing(address));
    const partition = Number(partitionText);
    if (hub.events.state(partition) === undefined) {
      throw new HubError("amqp:not-found", 404, missing(address));
    }
    const next = await hub.events.resolve(partition, readStartPosition(selectorOf(sender)));
    if (!sender.is_open()) return;

    const key = `${hub.record.id}/${group.toLowerCase()}/${partition}`;
    const attached: Attached = {
      epoch: epochOf(sender),
      detach: (condition, description) => {
        this.onSenderClose(sender);
        sender.close({ condition, description });
      },
    };
    this.allReaders.attach(key, attached);
    const reader = new PartitionReader(hub, sender, this.#claims, partition, next, (error) => {
      this.onSenderClose(sender);
      this.#refuse(sender, error);
    });
    const leave = (): void => {
      this.allReaders.detach(key, attached);
    };
    this.#readers.set(sender, { reader, leave });
    reader.pump();
  }

  onSenderClose(sender: Sender): void {
    const open = this.#readers.get(sender);
    open?.reader.close();
    open?.leave();
    this.#readers.delete(sender);
  }

  onCredit(sender: Sender): void {
    this.#readers.get(sender)?.reader.pump();
  }

  /** The peer wants to send: requests only. */
  onReceiverOpen({ receiver }: EventContext): void {
    if (receiver === undefined) return;
    const address = addressOf(receiver.target);
    receiver.set_target({ address });
    receiver.set_source({ address: addressOf(receiver.source) });
    if (nodeOf(address) === undefined) {
      receiver.close({ condition: "amqp:not-allowed", description: "Only devices send events to a hub." });
    }
  }

  async onMessage(context: EventContext): Promise<void> {
    const { message: request, receiver } = context;
    const node = receiver === undefined ? undefined : nodeOf(addressOf(receiver.target));
    if (request === undefined || node === undefined) return;
    const properties = (request.application_properties ?? {}) as Record<string, unknown>;
    try {
      if (node === "$cbs") {
        await this.#claims.put(textOf(request.body));
        this.#reply(node, request, 202, "Accepted");
      } else {
        this.#reply(node, request, 200, "OK", await describeNode(this.#claims, properties));
      }
    } catch (error) {
      const { status, message } = this.#toHubError(error);
      this.#reply(node, request, status, message);
    }
  }

  #reply(node: string, request: Message, status: number, description: string, body: unknown = null): void {
    const sender = this.#replies.get(node);
    if (sender?.is_open() !== true) return;
    const names =
      node === "$cbs"
        ? { "status-code": status, "status-description": description }
        : {
            "status-code": status,
            "status-description": description,
            statusCode: status,
            statusDescription: description,
          };
    sender.send({
      ...(request.message_id === undefined ? {} : { correlation_id: request.message_id }),
      application_properties: names,
      body,
    });
  }

  #refuse(sender: Sender, error: unknown): void {
    const { status, code, message } = this.#toHubError(error);
    const condition = code.startsWith("amqp:") ? code : (conditions.get(status) ?? "amqp:internal-error");
    if (sender.is_open()) sender.close({ condition, description: message });
  }

  #toHubError(error: unknown): HubError {
    if (error instanceof HubError) return error;
    this.logger.error({ err: error }, "a request of a reader failed");
    return new HubError("amqp:internal-error", 500, "The local hub failed; its log says why.");
  }
}

const conditions = new Map([
  [400, "com.microsoft:argument-error"],
  [401, "amqp:unauthorized-access"],
  [404, "amqp:not-found"],
]);

/** The words by which SDKs tell this from other faults. */
function missing(address: string): string {
  return `The messaging entity '${address}' could not be found.`;
}

function nodeOf(address: string): "$cbs" | "$management" | undefined {
  const last = address.slice(address.lastIndexOf("/") + 1);
  return last === "$cbs" || last === "$management" ? last : undefined;
}

function addressOf(terminus: unknown): string {
  const address = (terminus as { address?: unknown } | undefined)?.address;
  return typeof address === "string" ? address : "";
}

function selectorOf(sender: Sender): unknown {
  const filter = (sender.source as { filter?: Record<string, { value?: unknown }> } | undefined)?.filter;
  const selector: unknown = filter?.[selectorName];
  return typeof selector === "object" && selector !== null && "value" in selector ? selector.value : selector;
}

function epochOf(sender: Sender): number | undefined {
  const properties = sender.properties as Record<string, unknown> | undefined;
  const epoch = Number(properties?.[epochName] ?? Number.NaN);
  return Number.isNaN(epoch) ? undefined : epoch;
}

function textOf(body: unknown): unknown {
  if (typeof body === "string") return body;
  const content = (body as { content?: unknown } | null)?.content;
  return Buffer.isBuffer(content) ? content.toString() : body;
}
