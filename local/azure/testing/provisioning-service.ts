import { createHmac, randomBytes, X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parseSas } from "../../protocol/sas";

interface Group {
  enrollmentGroupId: string;
  etag: string;
  attestation: {
    type: string;
    symmetricKey?: Record<string, string>;
    x509?: { signingCertificates?: Signing; caReferences?: object };
  };
  [property: string]: unknown;
}
type Signing = Record<string, { certificate?: string; info?: object }>;

const hostName = "test-dps.azure-devices-provisioning.net";

/**
 * The enrollment groups of a Device Provisioning Service, as its REST API (2021-10-01) answers the vendor's SDK: keys
 * are told by a call of their own, certificates by their data, and what exists changes only under its etag.
 */
export class ProvisioningService {
  readonly groups = new Map<string, Group>();
  readonly requests: string[] = [];
  private readonly key = randomBytes(32).toString("base64");
  private readonly server: Server;

  constructor(
    tls: { cert: string; key: string },
    private readonly ca: string,
    /** The key that requests to a service are signed with. @default the key in `connectionString` */
    private readonly keyOf = (service: string): string | undefined => (service === hostName ? this.key : undefined),
  ) {
    this.server = createServer(tls, (request, response) => {
      void this.serve(request, response);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  get connectionString(): string {
    return `HostName=${hostName};SharedAccessKeyName=provisioningserviceowner;SharedAccessKey=${this.key}`;
  }

  get endpoint(): { host: string; port: number; ca: string } {
    return { host: "127.0.0.1", port: (this.server.address() as AddressInfo).port, ca: this.ca };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (status: number, body?: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(body && JSON.stringify(body));
    };
    const body = await text(request);
    const { pathname } = new URL(request.url ?? "", "https://service");
    this.requests.push(`${request.method ?? ""} ${pathname}`);
    const [, id = "", keys] = /^\/enrollmentgroups\/([^/]+)(\/attestationmechanism)?$/i.exec(pathname) ?? [];
    const group = this.groups.get(decodeURIComponent(id));
    if (!this.isSigned(request.headers.authorization)) answer(401, { message: "wrong signature" });
    else if (request.method === "PUT") this.put(JSON.parse(body) as Group, request.headers["if-match"], answer);
    else if (group === undefined) answer(404, { message: "no such group" });
    else if (keys !== undefined) answer(200, group.attestation);
    else if (request.method === "DELETE") answer(this.groups.delete(group.enrollmentGroupId) ? 204 : 404);
    else answer(200, withoutSecrets(group));
  }

  private put(group: Group, etag: string | undefined, answer: (status: number, body: object) => void): void {
    const present = this.groups.get(group.enrollmentGroupId);
    if (present !== undefined && present.etag !== etag) {
      answer(etag === undefined ? 409 : 412, { message: "the group exists" });
      return;
    }
    if (present !== undefined && present.attestation.type !== group.attestation.type) {
      answer(400, { message: "the attestation's type can't be changed" });
      return;
    }
    const keys = group.attestation.symmetricKey;
    for (const name of ["primaryKey", "secondaryKey"]) {
      if (keys !== undefined && !keys[name]) keys[name] = randomBytes(32).toString("base64");
    }
    group.etag = `"${randomBytes(8).toString("hex")}"`;
    this.groups.set(group.enrollmentGroupId, group);
    answer(200, withoutSecrets(group));
  }

  private isSigned(authorization = ""): boolean {
    const { encodedResource, expiry, signature, resource } = parseSas(authorization);
    const key = this.keyOf(resource);
    if (key === undefined) return false;
    const expected = createHmac("sha256", Buffer.from(key, "base64")).update(`${encodedResource}\n${expiry}`);
    return signature === expected.digest("base64") && expiry * 1000 > Date.now();
  }
}

function withoutSecrets(group: Group): object {
  const copy = structuredClone(group);
  delete copy.attestation.symmetricKey;
  for (const signing of Object.values(copy.attestation.x509?.signingCertificates ?? {})) {
    signing.info = {
      sha256Thumbprint: new X509Certificate(signing.certificate ?? "").fingerprint256.replaceAll(":", ""),
    };
    delete signing.certificate;
  }
  return copy;
}
