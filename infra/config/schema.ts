import { cameraSettingsInputSchema, modelReferenceSchema } from "@edge-vision/messages";
import { z } from "zod";

// A stack's settings are checked once: compiling the schemas to functions would cost more than it saves.
z.config({ jitless: true });

/** CPU architectures that have images, as their base images are named. */
export const ARCHITECTURES = ["amd64", "arm64v8", "arm32v7"] as const;

/** The two modules; a module's id is its folder, image and host name. */
export const MODULE_IDS = ["camera-module", "object-detection"] as const;

const thumbprint = z
  .string()
  .regex(/^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/, "must be a SHA-1 or SHA-256 thumbprint (40 or 64 hexadecimal digits)");

const fileUri = z.string().regex(/^file:\/\/\//, "must be a file:/// URI of a file on the device");

const certificateFiles = {
  /** The device's certificate, on the device. */
  certificate: fileUri.default("file:///var/lib/aziot/certs/device-identity.pem"),
  /** Its private key, on the device. */
  privateKey: fileUri.default("file:///var/lib/aziot/secrets/device-identity.key.pem"),
};

/** `sas`, or a certificate of the device's own (thumbprints), or one that a CA known to the hub has signed. */
export const authenticationSchema = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("sas") }),
    z.strictObject({
      type: z.literal("x509"),
      primaryThumbprint: thumbprint,
      secondaryThumbprint: thumbprint.optional(),
      ...certificateFiles,
    }),
    z.strictObject({ type: z.literal("x509-ca"), ...certificateFiles }),
  ],
  { error: "must be one of sas, x509, x509-ca" },
);

const tags = z.record(
  z.string().regex(/^[^.$#\s]{1,128}$/, "must have no dot, $, # or space"),
  z.union([z.string(), z.number(), z.boolean()], { error: "must be a text, a number, true or false" }),
);

const deviceId = z
  .string()
  .regex(/^[A-Za-z0-9\-._:@%#*?!(),=$']{1,128}$/, "must be 1 to 128 letters, digits and -._:@%#*?!(),=$'");

const cameraSchema = cameraSettingsInputSchema.extend({ source: cameraSettingsInputSchema.shape.source.unwrap() });

/** How the program reaches a device to set it up. */
export const setupSchema = z.strictObject({
  /** Name or address. */
  host: z.string().min(1),
  port: z.number().int().min(1).max(65535).default(22),
  user: z.string().min(1).default("pi"),
  /** The device's public key as `ssh-keyscan` prints it, `ssh-ed25519 AAAA…`: another one is refused. */
  hostKey: z.string().regex(/^(ssh|ecdsa)-\S+ \S+/, "must be a public key such as ssh-ed25519 AAAA…"),
});

/** One device of the stack. */
export const deviceSchema = z.strictObject({
  /** Device id in the hub. */
  id: deviceId,
  architecture: z.enum(ARCHITECTURES).default("arm64v8"),
  /** Tags of the device's twin. */
  tags: tags.default({}),
  authentication: authenticationSchema.default({ type: "sas" }),
  /** Camera settings; they go to the module's twin. */
  camera: cameraSchema,
  /** The detector. @default the one in the image */
  model: modelReferenceSchema.optional(),
  /** Parking spots; short for `camera.spots`. */
  spots: cameraSettingsInputSchema.shape.spots,
  /** Serve the latest frame at `/snapshot.jpg`, on the device only. @default the stack's `preview` */
  preview: z.boolean().optional(),
  /** Set the device up over SSH. @default it is set up by hand */
  setup: setupSchema.optional(),
});

/** Where another service than Azure's own answers. */
export const endpointSchema = z.strictObject({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65535),
  /** PEM file with the certificates to trust. @default those of the system */
  ca: z.string().min(1).optional(),
});

const pinned = z
  .string()
  .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "must be pinned: registry/repository@sha256:<64 digits>");

const perArchitecture = z.strictObject({
  amd64: pinned.optional(),
  arm64v8: pinned.optional(),
  arm32v7: pinned.optional(),
});

/** Images by module and architecture, built elsewhere. */
export const prebuiltSchema = z.strictObject({
  "camera-module": perArchitecture.optional(),
  "object-detection": perArchitecture.optional(),
});

/** Routes by name: the text, or text with priority and time to live. */
export const routesSchema = z.record(
  z.string(),
  z.union(
    [
      z.string(),
      z.strictObject({ route: z.string(), priority: z.number().optional(), timeToLiveSecs: z.number().optional() }),
    ],
    { error: "must be a text, or route with priority and timeToLiveSecs" },
  ),
);

/** The training workspace. */
export const workspaceSchema = z.strictObject({
  vmSize: z
    .string()
    .regex(/^Standard_\w+$/, "must be an Azure size such as Standard_NC4as_T4_v3")
    .default("Standard_NC4as_T4_v3"),
  priority: z.enum(["Dedicated", "LowPriority"]).default("LowPriority"),
  maxNodes: z.number().int().min(1).max(100).default(1),
  idleSeconds: z.number().int().min(60).max(86_400).default(120),
  /** Who may submit jobs and upload pictures: object ids of Entra ID. */
  trainers: z
    .array(
      z.strictObject({
        principalId: z.guid("must be an object id of Entra ID"),
        type: z.enum(["User", "Group", "ServicePrincipal"]).default("User"),
      }),
    )
    .default([]),
});

/** Devices that provision themselves, and what runs on them. */
export const fleetSchema = z.strictObject({
  /** Which devices, by tags: `tags.site = 'north'`. */
  targetCondition: z.string().min(1),
  architecture: z.enum(ARCHITECTURES).default("arm64v8"),
  priority: z.number().int().min(0).max(2_147_483_647).default(10),
  camera: cameraSchema,
  model: modelReferenceSchema.optional(),
  /** Tags that a device gets when it registers. */
  tags: tags.default({}),
  /** Name of a verified CA certificate in the provisioning service. @default a symmetric key */
  certificateAuthority: z.string().min(1).optional(),
});

export type Architecture = (typeof ARCHITECTURES)[number];
export type ModuleId = (typeof MODULE_IDS)[number];
export type DeviceConfig = z.output<typeof deviceSchema>;
export type AuthenticationConfig = z.output<typeof authenticationSchema>;
export type CameraConfig = z.output<typeof cameraSchema>;
export type EndpointConfig = z.output<typeof endpointSchema>;
export type PrebuiltImages = z.output<typeof prebuiltSchema>;
export type WorkspaceConfig = z.output<typeof workspaceSchema>;
export type FleetConfig = z.output<typeof fleetSchema>;
export type SetupConfig = z.output<typeof setupSchema>;
