import https from "node:https";
import { createSas } from "../../protocol/sas";
import { TestHub } from "../testing/hub";

interface Answer {
  status: number;
  body: { Message?: string };
  headers: Record<string, unknown>;
}

describe("the service API against hostile input", () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await TestHub.start();
    await hub.registry().create({ deviceId: "d1" });
  });
  afterAll(() => hub.stop());

  const token = (resource = hub.record.hostName): string =>
    createSas({
      resource,
      key: hub.record.policies[0]?.primaryKey ?? "",
      keyName: "iothubowner",
      expiry: Math.floor(Date.now() / 1000) + 600,
    });
  const request = (
    method: string,
    path: string,
    { body = undefined as string | undefined, headers = {} } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const all: Record<string, string | undefined> = {
        host: hub.record.hostName,
        authorization: token(),
        "content-type": "application/json",
        ...headers,
      };
      const sent = https.request(
        {
          agent: hub.agent(),
          servername: hub.record.hostName,
          method,
          path,
          headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
        },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () => {
            const answer = text === "" ? {} : (JSON.parse(text) as Answer["body"]);
            resolve({ status: response.statusCode ?? 0, body: answer, headers: response.headers });
          });
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });

  test.each<[string, string, string, Parameters<typeof request>[2], number, string]>([
    ["no token", "GET", "/devices/d1", { headers: { authorization: undefined } }, 401, "IotHubUnauthorizedAccess"],
    [
      "a bearer token",
      "GET",
      "/devices/d1",
      { headers: { authorization: "Bearer x" } },
      401,
      "IotHubUnauthorizedAccess",
    ],
    ["another host", "GET", "/devices/d1", { headers: { host: "x.example.org" } }, 404, "IotHubNotFound"],
    [
      "a host that climbs",
      "GET",
      "/devices/d1",
      { headers: { host: "../../etc.azure-devices.net" } },
      404,
      "IotHubNotFound",
    ],
    ["an unknown path", "GET", "/jobs/v2", {}, 404, "NotFound"],
    ["a path that is not encoded", "GET", "/devices/%zz", {}, 400, "ArgumentInvalid"],
    ["a body that is no JSON", "PUT", "/devices/x", { body: "{" }, 400, "ArgumentInvalid"],
    ["no body", "PUT", "/devices/x", {}, 400, "ArgumentInvalid"],
    ["a body that is a list", "PUT", "/devices/x", { body: "[]" }, 400, "ArgumentInvalid"],
    ["another device's body", "PUT", "/devices/x", { body: '{"deviceId":"y"}' }, 400, "ArgumentInvalid"],
    ["a body of 3 MB", "PUT", "/devices/x", { body: JSON.stringify("x".repeat(3e6)) }, 413, "MessageTooLarge"],
    [
      "a body 100,000 levels deep",
      "PATCH",
      "/twins/d1",
      { body: `{"tags":${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}}` },
      400,
      "ArgumentInvalid",
    ],
    [
      "a key that is too short",
      "PUT",
      "/devices/x",
      { body: '{"authentication":{"symmetricKey":{"primaryKey":"abc"}}}' },
      400,
      "ArgumentInvalid",
    ],
    ["a query that is no text", "POST", "/devices/query", { body: '{"query":1}' }, 400, "ArgumentInvalid"],
    [
      "a forged continuation",
      "POST",
      "/devices/query",
      { body: '{"query":"SELECT * FROM devices"}', headers: { "x-ms-continuation": "x" } },
      400,
      "ArgumentInvalid",
    ],
    [
      "a page of nothing",
      "POST",
      "/devices/query",
      { body: '{"query":"SELECT * FROM devices"}', headers: { "x-ms-max-item-count": "0" } },
      400,
      "ArgumentInvalid",
    ],
    ["an etag of long ago", "DELETE", "/devices/d1", { headers: { "if-match": '"old"' } }, 412, "PreconditionFailed"],
  ])("%s is refused", async (_, method, path, options, status, code) => {
    const answer = await request(method, path, options);
    expect(answer.status).toBe(status);
    expect(answer.body.Message).toContain(`ErrorCode:${code};`);
  });

  test("a device may manage its own modules with its own key only when it is an edge device", async () => {
    const registry = hub.registry();
    const own = async (deviceId: string): Promise<string> => {
      const { responseBody } = await registry.get(deviceId);
      const key = responseBody.authentication?.symmetricKey?.primaryKey ?? "";
      return createSas({
        resource: `${hub.record.hostName}/devices/${deviceId}`,
        key,
        expiry: Math.floor(Date.now() / 1000) + 600,
      });
    };
    await registry.create({ deviceId: "edge1", capabilities: { iotEdge: true } });
    const edge = { authorization: await own("edge1") };
    const plain = { authorization: await own("d1") };
    const body = '{"moduleId":"m","managedBy":"iotEdge"}';
    expect((await request("PUT", "/devices/edge1/modules/m", { body, headers: edge })).status).toBe(201);
    expect((await request("PUT", "/devices/edge1/modules/m", { body, headers: edge })).status).toBe(409);
    expect((await request("GET", "/devices/edge1/modules", { headers: edge })).status).toBe(200);
    expect((await request("DELETE", "/devices/edge1/modules/m", { headers: edge })).status).toBe(204);
    for (const [method, path] of [
      ["GET", "/devices/edge1"],
      ["DELETE", "/devices/edge1"],
      ["GET", "/devices/d1/modules"],
      ["GET", "/twins/edge1/modules/$edgeAgent"],
    ] as const) {
      expect((await request(method, path, { headers: edge })).status).toBe(401);
    }
    expect((await request("PUT", "/devices/d1/modules/m", { body, headers: plain })).status).toBe(401);
    expect((await request("PUT", "/devices/edge1/modules/m", { body, headers: plain })).status).toBe(401);
  });

  test("a hub serves 500 hostile requests and a good one", async () => {
    const statuses = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const path =
          ["/devices/%00", "/twins/d1", `/devices/${"x".repeat(500)}`, "/devices/query", "//"][index % 5] ?? "/";
        const method = ["PUT", "PATCH", "POST", "DELETE", "GET"][Math.floor(index / 5) % 5] ?? "GET";
        const body = ["{", "[[[[", '{"tags":1}', "null", "\u0000"][index % 5];
        return (await request(method, path, { body: method === "GET" ? undefined : body })).status;
      }),
    );
    expect(statuses.every((status) => status < 500)).toBe(true);
    expect((await request("GET", "/devices/d1")).status).toBe(200);
  });
});
