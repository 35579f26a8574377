// Writes down what comes in on its input.
const { appendFileSync } = require("node:fs");
const { setInterval } = require("node:timers");
const { ModuleClient } = require("azure-iot-device");
const { Mqtt } = require("azure-iot-device-mqtt");

process.once("SIGTERM", () => process.exit(0));

async function main() {
  const client = await ModuleClient.fromEnvironment(Mqtt);
  client.on("error", () => undefined);
  client.on("inputMessage", (input, message) => {
    const { number } = JSON.parse(message.getData().toString("utf8"));
    const type = message.properties.getValue("type");
    appendFileSync(process.env.RECEIVED, `${JSON.stringify({ input, number, type, id: message.messageId })}\n`);
  });
  await client.open();
  setInterval(() => undefined, 60_000);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
