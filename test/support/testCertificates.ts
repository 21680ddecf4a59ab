import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** Certificates of one test, PEM. */
export interface TestIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface TestAuthority extends TestIdentity {
  /** A certificate for these names (addresses too), signed by this authority. */
  issue(options: { readonly names?: readonly string[]; readonly expiredDaysAgo?: number }): Promise<TestIdentity>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

let serial = 0;

function validity(expiredDaysAgo: number | undefined) {
  const notAfter = Date.now() + (expiredDaysAgo === undefined ? 10 : -expiredDaysAgo) * DAY_MS;
  return { notBefore: new Date(notAfter - 30 * DAY_MS), notAfter: new Date(notAfter), serialNumber: nextSerial() };
}

function nextSerial(): string {
  serial++;
  return serial.toString(16).padStart(6, "0");
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

async function identity(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<TestIdentity> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return {
    certificate: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join("\n")}\n-----END PRIVATE KEY-----\n`,
  };
}

function alternativeNames(names: readonly string[]): Extension[] {
  if (names.length === 0) return [];
  const entries = names.map((value) => ({
    type: /^[\d.]+$|:/.test(value) ? ("ip" as const) : ("dns" as const),
    value,
  }));
  return [new SubjectAlternativeNameExtension(entries)];
}

export async function createTestAuthority(name: string): Promise<TestAuthority> {
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity(undefined),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  });
  return {
    ...(await identity(root, keys.privateKey)),
    async issue({ names = [], expiredDaysAgo }) {
      const own = await newKeys();
      const certificate = await X509CertificateGenerator.create({
        subject: "CN=test",
        issuer: root.subject,
        ...validity(expiredDaysAgo),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: alternativeNames(names),
      });
      return identity(certificate, own.privateKey);
    },
  };
}
