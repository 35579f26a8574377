import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import * as x509 from "@peculiar/x509";
import writeFileAtomic from "write-file-atomic";

export interface CertificateRequest {
  /** The authority's common name, shown in error messages of TLS clients. */
  authority: string;
  /** DNS names of the server; `*.azure-devices.net` is allowed. */
  names: readonly string[];
  /** IP addresses of the server. @default [] */
  addresses?: readonly string[];
  /** @default Date.now() */
  now?: number;
}

export interface Certificates {
  /** The authority's certificate: what clients trust. */
  ca: { path: string; pem: string };
  /** The server's certificate and key, in PEM, as `tls.createServer` takes them. */
  server: { cert: string; key: string };
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 24 * 60 * 60 * 1000;
const caLifetime = 10 * 365 * day;
const serverLifetime = 365 * day;
const renewBefore = 30 * day;

/**
 * A certificate authority and one server certificate, made once and kept in `folder` (`ca.pem`, `ca.key.pem`,
 * `server.pem`, `server.key.pem`; keys with mode 0600). The server's is made anew when it nears its end or its names
 * changed; the authority's only when it nears its own end, so that clients need not be told again.
 */
export async function ensureCertificates(folder: string, request: CertificateRequest): Promise<Certificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const now = request.now ?? Date.now();
  const caPath = path.join(folder, "ca.pem");

  let ca = await readPair(caPath, path.join(folder, "ca.key.pem"));
  if (ca === undefined || !isFresh(ca.certificate, now)) {
    ca = await createAuthority(request.authority, now);
    await writePair(ca, caPath, path.join(folder, "ca.key.pem"));
  }
  const serverPath = path.join(folder, "server.pem");
  let server = await readPair(serverPath, path.join(folder, "server.key.pem"));
  if (server === undefined || !(await fits(server.certificate, ca.certificate, request, now))) {
    server = await createServerCertificate(ca, request, now);
    await writePair(server, serverPath, path.join(folder, "server.key.pem"));
  }
  return {
    ca: { path: caPath, pem: ca.certificate.toString("pem") },
    server: { cert: server.certificate.toString("pem"), key: server.keyPem },
  };
}

interface KeyPair {
  certificate: x509.X509Certificate;
  keyPem: string;
}

async function readPair(certificatePath: string, keyPath: string): Promise<KeyPair | undefined> {
  try {
    const [certificate, keyPem] = await Promise.all([readFile(certificatePath, "utf8"), readFile(keyPath, "utf8")]);
    return { certificate: new x509.X509Certificate(certificate), keyPem };
  } catch {
    // Missing or unreadable: made anew.
    return undefined;
  }
}

async function writePair(pair: KeyPair, certificatePath: string, keyPath: string): Promise<void> {
  // The certificate last: a pair counts only when both are there.
  await writeFileAtomic(keyPath, pair.keyPem, { mode: 0o600 });
  await writeFileAtomic(certificatePath, `${pair.certificate.toString("pem")}\n`);
}

function isFresh(certificate: x509.X509Certificate, now: number): boolean {
  return certificate.notBefore.getTime() <= now && certificate.notAfter.getTime() - renewBefore > now;
}

async function fits(
  certificate: x509.X509Certificate,
  ca: x509.X509Certificate,
  request: CertificateRequest,
  now: number,
): Promise<boolean> {
  if (!isFresh(certificate, now)) return false;
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const present = names.map((name) => name.value).sort();
  const wanted = [...request.names, ...(request.addresses ?? [])].sort();
  if (JSON.stringify(present) !== JSON.stringify(wanted)) return false;
  return certificate.verify({ publicKey: ca.publicKey, signatureOnly: true }, webcrypto);
}

async function createAuthority(commonName: string, now: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: [{ CN: [commonName] }],
      notBefore: new Date(now - day),
      notAfter: new Date(now + caLifetime),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate, keyPem: await exportKey(keys.privateKey) };
}

async function createServerCertificate(ca: KeyPair, request: CertificateRequest, now: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decodeFirst(ca.keyPem),
    algorithm,
    false,
    ["sign"],
  );
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: [{ CN: [request.names[0] ?? "localhost"] }],
      issuer: ca.certificate.subjectName,
      notBefore: new Date(now - day),
      notAfter: new Date(now + serverLifetime),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...request.names.map((value) => ({ type: "dns" as const, value })),
          ...(request.addresses ?? []).map((value) => ({ type: "ip" as const, value })),
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(ca.certificate, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate, keyPem: await exportKey(keys.privateKey) };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

/** RFC 5280: a positive number of at most 20 octets. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}
