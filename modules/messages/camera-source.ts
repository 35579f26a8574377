import { z } from "zod";

const size = z.coerce.number().int().min(16).max(8192);
const framesASecond = z.coerce.number().positive().max(120);
const onOff = z.enum(["on", "off"]).transform((value) => value === "on");

/** How the picture must be turned to stand upright. Rotation is clockwise and happens before mirroring. */
const orientation = {
  rotate: z
    .enum(["0", "90", "180", "270"])
    .default("0")
    .transform((value) => Number(value) as 0 | 90 | 180 | 270),
  hflip: onOff.default(false),
  vflip: onOff.default(false),
};

const picture = { width: size.optional(), height: size.optional(), fps: framesASecond.optional(), ...orientation };

const replayOptions = z.strictObject({
  fps: framesASecond.optional(),
  loop: onOff.default(true),
  /** Goes on after a restart where the module was when it ended, as a camera does not see the same again. */
  resume: onOff.default(false),
  ...orientation,
});
const piCameraOptions = z.strictObject({
  ...picture,
  camera: z.coerce.number().int().min(0).max(9).default(0),
  quality: z.coerce.number().int().min(1).max(100).optional(),
});
const v4l2Options = z.strictObject({ ...picture, format: z.enum(["mjpeg", "yuyv422"]).default("mjpeg") });
const rtspOptions = z.strictObject({ ...picture, transport: z.enum(["tcp", "udp"]).default("tcp") });
const httpOptions = z.strictObject({ fps: framesASecond.optional(), ...orientation });

/** Where pictures come from, as {@link parseCameraSource} reads it. */
export type CameraSource =
  | ({ kind: "replay"; path: string } & z.output<typeof replayOptions>)
  | ({ kind: "rpicam" | "raspivid" } & z.output<typeof piCameraOptions>)
  | ({ kind: "v4l2"; device: string } & z.output<typeof v4l2Options>)
  | ({ kind: "rtsp"; url: string } & z.output<typeof rtspOptions>)
  | ({ kind: "http"; url: string } & z.output<typeof httpOptions>);

/** Turning and mirroring, a part of every source. */
export type Orientation = Pick<CameraSource, "rotate" | "hflip" | "vflip">;

const forms =
  "replay:<file or folder>, rpicam:, raspivid:, v4l2:/dev/video0, rtsp://host/path, http://host/path; " +
  "options follow as ?name=value&…, for rtsp and http as #name=value&…";

/** Thrown by {@link parseCameraSource}; `message` never holds the credentials of the setting. */
export class CameraSourceError extends Error {
  override readonly name = "CameraSourceError";
  readonly code = "CAMERA_SOURCE_INVALID";
}

/**
 * Reads a camera source setting: `replay:footage/courtyard.mjpeg?fps=5`, `rpicam:?width=640&height=480`,
 * `v4l2:/dev/video0`, `rtsp://user:password@host/path#transport=udp`, `http://host/stream.mjpg`.
 * The query of an rtsp or http address belongs to the camera, so the options stand in its fragment.
 *
 * @throws CameraSourceError naming the fault, the value and what is allowed.
 */
export function parseCameraSource(setting: string): CameraSource {
  const scheme = /^([a-z0-9]+):/.exec(setting)?.[1];
  const rest = setting.slice((scheme?.length ?? -1) + 1);
  switch (scheme) {
    case "replay": {
      const [path, options] = cut(rest, "?");
      if (path === "") throw fault(setting, "names no file or folder");
      return { kind: scheme, path, ...readOptions(setting, replayOptions, options) };
    }
    case "rpicam":
    case "raspivid": {
      const [path, options] = cut(rest, "?");
      if (path !== "") throw fault(setting, `has "${path}" before its options; the camera is chosen by ?camera=0`);
      return { kind: scheme, ...readOptions(setting, piCameraOptions, options) };
    }
    case "v4l2": {
      const [device, options] = cut(rest, "?");
      if (!/^\/dev\/[A-Za-z0-9/_-]+$/.test(device)) throw fault(setting, "names no device such as /dev/video0");
      return { kind: scheme, device, ...readOptions(setting, v4l2Options, options) };
    }
    case "rtsp":
    case "rtsps": {
      const [url, options] = cut(setting, "#");
      return { kind: "rtsp", url: readUrl(setting, url), ...readOptions(setting, rtspOptions, options) };
    }
    case "http":
    case "https": {
      const [url, options] = cut(setting, "#");
      return { kind: "http", url: readUrl(setting, url), ...readOptions(setting, httpOptions, options) };
    }
    default:
      throw fault(setting, "is of no known kind");
  }
}

/**
 * The setting as it may be shown. Of an address, user name and password are replaced by `***`, and so are values in its
 * path and query, where many cameras want to see them: `/user=admin_password=…`, `?usr=admin&pwd=…`.
 */
export function redactCameraSource(setting: string): string {
  return setting
    .replace(/^([a-z0-9]+:\/\/)(?:[^/?#]*@)?/i, (found, scheme: string) => (found === scheme ? found : `${scheme}***@`))
    .replace(/^([a-z0-9]+:\/\/[^=#]*=)[^#]+/i, "$1***");
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function readUrl(setting: string, url: string): string {
  // White space would be taken out by the parser here, but not by what the address is handed to.
  if (/\s/.test(url) || !URL.canParse(url) || new URL(url).hostname === "")
    throw fault(setting, "is not a complete address");
  return url;
}

function readOptions<T extends z.ZodObject>(setting: string, schema: T, text: string): z.output<T> {
  const options: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in options) throw fault(setting, `gives the option ${name} twice`);
    options[name] = value;
  }
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? `knows no option ${issue.keys.join(", ")} (allowed: ${Object.keys(schema.shape).join(", ")})`
      : `has option ${issue.path.join(".")}: ${issue.message}`,
  );
  throw fault(setting, faults.join("; "));
}

function fault(setting: string, what: string): CameraSourceError {
  return new CameraSourceError(`camera source "${redactCameraSource(setting)}" ${what}. Allowed: ${forms}.`);
}
