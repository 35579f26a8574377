/** Something about a manifest that the runtime refuses (`error`) or that is likely unwanted (`warning`). */
export interface Finding {
  severity: "error" | "warning";
  /** Stable, for programs. */
  code: FindingCode;
  /** Property path: `$edgeAgent.modules.camera-module.settings.image`. */
  path: string;
  /** What is wrong, the value, and what is allowed. */
  message: string;
}

export type FindingCode =
  | "RouteSyntax"
  | "RouteType"
  | "RouteIgnoredText"
  | "RouteUnknownModule"
  | "RouteUnknownInput"
  | "RouteNeverMatches"
  | "RoutePriority"
  | "Name"
  | "ReservedName"
  | "EnvName"
  | "ModuleCount"
  | "TwinSize"
  | "TwinValue"
  | "TwinKey"
  | "TwinDepth"
  | "CreateOptions"
  | "CreateOptionsSize"
  | "Image"
  | "ImageNotPinned"
  | "Privileged"
  | "HostPortConflict"
  | "HostPortUnserved"
  | "DeviceMissing"
  | "LogUnbounded"
  | "TimeToLive"
  | "RestartPolicy"
  | "Orphan";

/** Takes findings with one path prefix. */
export type Report = (severity: Finding["severity"], code: FindingCode, path: string, message: string) => void;
