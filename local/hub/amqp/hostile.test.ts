import { once } from "node:events";
import net from "node:net";
import { create_container, type Connection, type EventContext } from "rhea";
import { Reader } from "../testing/events";
import { TestHub } from "../testing/hub";

describe("the events endpoint against hostile readers", () => {
  let hub: TestHub;
  const connections: Connection[] = [];
  beforeAll(async () => {
    hub = await TestHub.start();
  });
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.close();
  });
  afterAll(() => hub.stop());

  const closes = async (bytes: Buffer): Promise<boolean> => {
    const socket = net.connect(hub.process.ports.amqp, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.resume();
    const closed = once(socket, "close");
    socket.write(bytes);
    await closed;
    return true;
  };
  const isAlive = async (): Promise<boolean> => {
    const reader = new Reader(hub);
    try {
      return (await reader.client.getPartitionIds()).length === 2;
    } finally {
      await reader.stop();
    }
  };
  const connect = (): Connection => {
    const connection = create_container().connect({
      host: "127.0.0.1",
      port: hub.process.ports.amqp,
      reconnect: false,
      username: "x",
    });
    connection.on("connection_error", () => undefined);
    connection.on("disconnected", () => undefined);
    connections.push(connection);
    return connection;
  };
  /** The error with which the hub refuses a link. */
  const refusal = (
    event: "receiver_error" | "sender_error",
    open: (connection: Connection) => void,
  ): Promise<string | undefined> =>
    new Promise((resolve) => {
      const connection = connect();
      connection.on(event, (context: EventContext) => {
        const error = (context.receiver ?? context.sender)?.error as { condition?: string } | undefined;
        resolve(error?.condition);
      });
      open(connection);
    });

  const header = Buffer.from("AMQP\u0000\u0001\u0000\u0000", "latin1");
  test.each([
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["a frame of 2 GB", Buffer.concat([header, Buffer.from([0x7f, 0xff, 0xff, 0xff, 2, 0, 0, 0])])],
    ["a frame of no size", Buffer.concat([header, Buffer.alloc(16)])],
    ["a frame of garbage", Buffer.concat([header, Buffer.from([0, 0, 0, 12, 2, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef])])],
  ])("%s ends the connection, and only that", async (_, bytes) => {
    expect(await closes(bytes)).toBe(true);
    expect(await isAlive()).toBe(true);
  });

  test.each([
    [
      "a partition without a token",
      "iothub-ehub-vision-hub/ConsumerGroups/$Default/Partitions/0",
      "amqp:unauthorized-access",
    ],
    ["a node that does not exist", "nothing", "amqp:not-found"],
    ["a hub that does not exist", "other/ConsumerGroups/$Default/Partitions/0", "amqp:not-found"],
  ])("%s is refused", async (_, address, condition) => {
    expect(await refusal("receiver_error", (connection) => connection.open_receiver(address))).toBe(condition);
    expect(await isAlive()).toBe(true);
  });

  test("nobody sends events to a hub but devices", async () => {
    const condition = await refusal("sender_error", (connection) => connection.open_sender("iothub-ehub-vision-hub"));
    expect(condition).toBe("amqp:not-allowed");
  });

  test("a hub lives on when a reader breaks the protocol's order", async () => {
    const connection = connect();
    await once(connection as never, "connection_open");
    const receiver = connection.open_receiver("$cbs");
    await once(receiver as never, "receiver_open");
    const session = receiver.session as unknown as { close(): void };
    session.close();
    receiver.detach();
    connection.open_receiver("$management");
    expect(await isAlive()).toBe(true);
  });
});
