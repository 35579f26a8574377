// Sends numbered messages on output1 and writes each number down when the message was confirmed.
const { appendFileSync, existsSync, readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { setInterval, setTimeout } = require("node:timers");
const { ModuleClient, Message } = require("azure-iot-device");
const { Mqtt } = require("azure-iot-device-mqtt");

const file = process.env.CONFIRMED;
const known = file !== undefined && existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
let next = known.length === 0 ? 1 : Number(known[known.length - 1]) + 1;

process.once("SIGTERM", () => process.exit(0));
if (process.env.PORT !== undefined) {
  createServer((_request, response) => response.end(JSON.stringify(process.env))).listen(
    Number(process.env.PORT),
    "127.0.0.1",
  );
}

async function main() {
  const client = await ModuleClient.fromEnvironment(Mqtt);
  client.on("error", () => undefined);
  await client.open();
  const twin = await client.getTwin();
  let paceMs = Number(process.env.PACE_MS ?? 20);
  twin.on("properties.desired", (desired) => {
    if (desired.paceMs !== undefined) paceMs = desired.paceMs;
    twin.properties.reported.update({ paceMs, version: desired.$version, pid: process.pid }, () => undefined);
  });
  client.onMethod("echo", (request, response) => response.send(200, { said: request.payload }, () => undefined));
  const limit = Number(process.env.LIMIT ?? Infinity);
  while (next <= limit) {
    const message = new Message(JSON.stringify({ number: next }));
    message.contentType = "application/json";
    message.contentEncoding = "utf-8";
    message.messageId = `m-${next}`;
    message.properties.add("type", "number");
    try {
      await client.sendOutputEvent("output1", message);
    } catch {
      continue;
    }
    if (file !== undefined) appendFileSync(file, `${next}\n`);
    next += 1;
    await new Promise((resolve) => setTimeout(resolve, paceMs));
  }
  setInterval(() => undefined, 60_000);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
