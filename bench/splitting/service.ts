import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands for the inference service, in a process of its own: takes each picture and finds a car. Tells its port. */
const server = createServer((request, response) => {
  request.resume().once("end", () => {
    response.setHeader("content-type", "application/json");
    response.end('[{"label":"car","score":0.9,"box":[10,10,60,40]}]');
  });
});
server.listen(0, "127.0.0.1", () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once("disconnect", () => process.exit());
