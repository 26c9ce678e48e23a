import type * as asn1js from "asn1js";
import { Certificate, ContentInfo, SignedData, TSTInfo, TimeStampResp } from "pkijs";
import { digestOf } from "./hashing.ts";

/** What does not hold; the text is for experts. */
export class SignatureProblem extends Error {}

const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const KEY_PURPOSES = "2.5.29.37";
const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const HASHES: Record<string, string> = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};

export interface Authority {
  certificate: Certificate;
  sha256: string;
}

/** The authority of a `ca.pem`. */
export async function readAuthority(pem: string): Promise<Authority> {
  const der = fromPem(pem);
  return { certificate: Certificate.fromBER(der), sha256: await digestOf(der) };
}

/** Name and certificate of who signed `content` (CAdES, detached); SignatureProblem when it was changed or the signer is a stranger. */
export async function checkSignature(
  signature: ArrayBuffer,
  content: ArrayBuffer,
  authority: Certificate,
): Promise<{ name: string; certificate: Certificate }> {
  const signed = readSigned(ContentInfo.fromBER(signature));
  const certificate = await signer(signed, content, authority, EMAIL_PROTECTION);
  const attribute = signed.signerInfos[0]?.signedAttrs?.attributes.find((one) => one.type === SIGNING_CERTIFICATE_V2);
  if (!attribute) throw new SignatureProblem("no CAdES attribute");
  return { name: nameOf(certificate), certificate };
}

/** The time at which `content` was stamped (RFC 3161). */
export async function checkStamp(response: ArrayBuffer, content: ArrayBuffer, authorities: Certificate[]): Promise<Date> {
  const token = TimeStampResp.fromBER(response).timeStampToken;
  if (!token) throw new SignatureProblem("no token");
  const signed = readSigned(token);
  const enclosed = signed.encapContentInfo.eContent?.getValue();
  if (signed.encapContentInfo.eContentType !== TST_INFO || !enclosed) throw new SignatureProblem("no time-stamp info");
  const failures: unknown[] = [];
  for (const authority of authorities) {
    try {
      await signer(signed, content, authority, TIME_STAMPING);
      failures.length = 0;
      break;
    } catch (problem) {
      failures.push(problem);
    }
  }
  if (failures.length > 0) throw failures[0];
  const info = TSTInfo.fromBER(enclosed);
  const algorithm = HASHES[info.messageImprint.hashAlgorithm.algorithmId];
  if (!algorithm) throw new SignatureProblem("unknown hash");
  const expected = new Uint8Array(await crypto.subtle.digest(algorithm, content));
  const stamped = info.messageImprint.hashedMessage.valueBlock.valueHexView;
  if (expected.length !== stamped.length || expected.some((byte, at) => byte !== stamped[at])) {
    throw new SignatureProblem("the stamp is for something else");
  }
  return info.genTime;
}

/** SignatureProblem when the certificate was not valid then. */
export function checkValidity(certificate: Certificate, at: Date): void {
  if (at < certificate.notBefore.value || at > certificate.notAfter.value) throw new SignatureProblem("certificate out of its time");
}

function readSigned(info: ContentInfo): SignedData {
  if (info.contentType !== ContentInfo.SIGNED_DATA) throw new SignatureProblem("no signed data");
  return new SignedData({ schema: info.content as asn1js.BaseBlock });
}

async function signer(
  signed: SignedData,
  content: ArrayBuffer,
  authority: Certificate,
  purpose: string,
): Promise<Certificate> {
  const [certificate] = signed.certificates ?? [];
  if (!(certificate instanceof Certificate) || signed.signerInfos.length !== 1) throw new SignatureProblem("no certificate");
  let verified: boolean;
  try {
    verified = await signed.verify({ signer: 0, checkChain: false, data: content });
  } catch (problem) {
    throw new SignatureProblem(problem instanceof Error ? problem.message : "signature");
  }
  if (!verified) throw new SignatureProblem("the content was changed");
  if (!(await certificate.verify(authority))) throw new SignatureProblem("not issued by the authority");
  const purposes = certificate.extensions?.find((one) => one.extnID === KEY_PURPOSES)?.parsedValue as { keyPurposes?: string[] } | undefined;
  if (!purposes?.keyPurposes?.includes(purpose)) throw new SignatureProblem("a certificate for something else");
  return certificate;
}

function nameOf(certificate: Certificate): string {
  const part = (type: string): string =>
    certificate.subject.typesAndValues.find((one) => one.type === type)?.value.valueBlock.value ?? "";
  return [part("2.5.4.10"), part("2.5.4.3")].filter(Boolean).join(", ");
}

function fromPem(pem: string): ArrayBuffer {
  const body = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/.exec(pem)?.[1];
  if (!body) throw new SignatureProblem("no certificate");
  return Uint8Array.from(atob(body.replace(/\s/g, "")), (letter) => letter.charCodeAt(0)).buffer;
}
