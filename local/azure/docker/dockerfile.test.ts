import { readDockerfile } from "./dockerfile";

test.each<[string, string, ReturnType<typeof readDockerfile>]>([
  ["nothing", "FROM node:22", { env: {}, exposedPorts: [] }],
  [
    "environment and ports",
    `FROM node:22
ENV NODE_ENV=production PORT="88 85" NOTE=a\\ b
ENV GREETING hello big world
EXPOSE 8885 53/UDP
CMD ["node", "main.js"]`,
    {
      env: { NODE_ENV: "production", PORT: "88 85", NOTE: "a b", GREETING: "hello big world" },
      exposedPorts: ["8885/tcp", "53/udp"],
    },
  ],
  [
    "the last stage only",
    `FROM node:22 AS build
ENV SECRET=1
EXPOSE 1
FROM node:22-slim
EXPOSE 2`,
    { env: {}, exposedPorts: ["2/tcp"] },
  ],
  [
    "a stage that builds on another",
    `FROM node:22 AS base
ENV A=1
EXPOSE 1
FROM base
ENV B=$A-2`,
    { env: { A: "1", B: "1-2" }, exposedPorts: ["1/tcp"] },
  ],
  [
    "variables, with their defaults",
    `ARG PORT=8000
FROM node:22
ARG PORT
ARG HOST=localhost
ENV URL=http://\${HOST}:\${PORT}/\${MISSING:-none}
EXPOSE $PORT`,
    { env: { URL: "http://localhost:8000/none" }, exposedPorts: ["8000/tcp"] },
  ],
  [
    "continued lines and comments",
    `FROM node:22
# EXPOSE 1
ENV A=1 \\
    # a comment in between
    B=2
expose 3`,
    { env: { A: "1", B: "2" }, exposedPorts: ["3/tcp"] },
  ],
])("reads %s", (_, text, expected) => {
  expect(readDockerfile(text)).toEqual(expected);
});

test("build arguments come before defaults", () => {
  const text = "FROM node:22\nARG PORT=8000\nEXPOSE $PORT";
  expect(readDockerfile(text, { PORT: "9000" }).exposedPorts).toEqual(["9000/tcp"]);
});
