import { compileRoute, type HubRoute } from "@edge-vision/manifest";
import type { EdgeMessage } from "./message";
import { routeMessage } from "./router";

function route(text: string, change: Partial<HubRoute> = {}): HubRoute {
  return { name: "r", text, priority: 2_000_000_000, timeToLiveSecs: 0, ...compileRoute(text), ...change };
}

const message: EdgeMessage = {
  moduleId: "camera",
  output: "output1",
  properties: { system: { ct: "application/json", ce: "utf-8", mid: "1" }, application: { type: "spot" } },
  body: Buffer.from(`{"event":"freed"}`),
  enqueuedAt: 1000,
};

test.each([
  [
    "upstream, with the hub's time to live",
    [route("FROM /messages/* INTO $upstream")],
    [{ lane: "upstream/camera", priority: 2_000_000_000, expiresAt: 7_201_000 }],
  ],
  [
    "a route's own time to live",
    [route("FROM /messages/* INTO $upstream", { timeToLiveSecs: 10 })],
    [{ lane: "upstream/camera", priority: 2_000_000_000, expiresAt: 11_000 }],
  ],
  [
    "one for ever",
    [route("FROM /messages/* INTO $upstream", { timeToLiveSecs: -1 })],
    [{ lane: "upstream/camera", priority: 2_000_000_000 }],
  ],
  [
    "a module's input, by output, property and body",
    [
      route(
        `FROM /messages/modules/camera/outputs/output1 WHERE type = 'spot' AND $body.event = 'freed' INTO BrokeredEndpoint("/modules/other/inputs/in")`,
        { timeToLiveSecs: -1 },
      ),
    ],
    [{ lane: "input/other", input: "in", priority: 2_000_000_000 }],
  ],
  ["another output", [route("FROM /messages/modules/camera/outputs/output2 INTO $upstream")], []],
  ["another module", [route("FROM /messages/modules/other/* INTO $upstream")], []],
  [
    "one end point once, by the route that goes first",
    [
      route("FROM /messages/* INTO $upstream", { timeToLiveSecs: -1, priority: 5 }),
      route("FROM /* INTO $upstream", { timeToLiveSecs: -1, priority: 1 }),
      route("FROM /messages/* INTO $upstream", { timeToLiveSecs: -1 }),
    ],
    [{ lane: "upstream/camera", priority: 1 }],
  ],
  [
    "two inputs of one module and the hub",
    [
      route(`FROM /* INTO BrokeredEndpoint("/modules/other/inputs/a")`, { timeToLiveSecs: -1 }),
      route(`FROM /* INTO BrokeredEndpoint("/modules/other/inputs/b")`, { timeToLiveSecs: -1 }),
      route("FROM /* INTO $upstream", { timeToLiveSecs: -1 }),
    ],
    [
      { lane: "input/other", input: "a", priority: 2_000_000_000 },
      { lane: "input/other", input: "b", priority: 2_000_000_000 },
      { lane: "upstream/camera", priority: 2_000_000_000 },
    ],
  ],
])("%s", (_name, routes, deliveries) => {
  expect(routeMessage({ routes, timeToLiveSecs: 7200 }, message, "device")).toEqual(deliveries);
});
