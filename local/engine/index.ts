export { ensureEngine, type Engine, type EngineProgress, type EnsureEngineOptions } from "./ensure-engine";
export { EngineProcessError, EngineUnavailableError, type Attempt } from "./errors";
export { engineVersion } from "./version";
