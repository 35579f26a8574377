import { Feed, type FeedItem } from "./feed";
import type { HubEvent } from "./hub/events";
import type { ModuleState } from "./hub/modules";

const camera: ModuleState = {
  deviceId: "d",
  moduleId: "camera-module",
  system: false,
  state: "running",
  restarts: 0,
  image: "camera@sha256:0",
};

function message(sequenceNumber: number): HubEvent {
  return {
    deviceId: "d",
    moduleId: "camera-module",
    enqueuedAt: "2026-01-01T00:00:00.000Z",
    sequenceNumber,
    partition: "0",
    properties: {},
    body: [],
  };
}

test("a page that opens late is told the connection, the modules and the last messages", () => {
  const feed = new Feed(2);
  for (const number of [1, 2, 3]) feed.message(message(number));
  feed.setModules([camera]);
  feed.setConnection(true);
  const told: FeedItem[] = [];
  const stop = feed.listen((item) => told.push(item));
  expect(told.map(({ type }) => type)).toEqual(["connection", "modules", "message", "message"]);
  stop();
  feed.message(message(4));
  expect(told).toHaveLength(4);
});

test("the rate counts the messages of the last ten seconds", () => {
  let now = 0;
  const feed = new Feed(50, () => now);
  const rates: number[] = [];
  feed.listen((item) => {
    if (item.type === "modules" && item.modules[0]) rates.push(item.modules[0].rate);
  });
  for (let number = 0; number < 20; number += 1) {
    now += 500;
    feed.message(message(number));
  }
  feed.setModules([camera]);
  now += 5_000;
  feed.setModules([camera]);
  now += 10_000;
  feed.setModules([camera]);
  expect(rates).toEqual([2, 1, 0]);
});
