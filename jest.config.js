// Packages that are published as ES modules only; Jest's module system needs them transformed.
const esModules = ["aedes", "aedes-packet", "aedes-persistence", "mqemitter", "hyperid"];

const shared = {
  testEnvironment: "node",
  transform: {
    "\\.(ts|js|mjs)$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript", decorators: true }, target: "es2023" }, module: { type: "commonjs" } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join("|")})/)`, "/dist/"],
  modulePathIgnorePatterns: ["/dist/", "/\\.edge-vision/"],
};

/** @type {import("jest").Config} */
module.exports = {
  testTimeout: 30_000,
  projects: [
    // One process each: they run side by side.
    {
      ...shared,
      displayName: "fast",
      testMatch: ["<rootDir>/{manifest,provider,infra,modules,monitor,local,bench}/**/*.test.ts"],
    },
    // What crosses processes: one after another, so that no test competes with another for the machine.
    {
      ...shared,
      displayName: "system",
      testMatch: ["<rootDir>/tests/**/*.test.ts"],
      testPathIgnorePatterns: ["/node_modules/", "<rootDir>/tests/containers/"],
    },
    // Needs root and a Docker engine, or docker.io to start one.
    { ...shared, displayName: "containers", testMatch: ["<rootDir>/tests/containers/**/*.test.ts"] },
  ],
};
