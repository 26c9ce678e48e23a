import type { Certificate } from "pkijs";
import { type Contents, NotAPackage } from "./contents.ts";
import { digestOf, digestOfBlob } from "./hashing.ts";
import { type Manifest, SCHEMA } from "./manifest.ts";
import { checkMedia } from "./media.ts";
import { ProvenanceReader } from "./provenance.ts";
import { type Report, emptyReport } from "./report.ts";
import { checkSignature, checkStamp, checkValidity, readAuthority } from "./signature.ts";

const MANIFEST = "manifest.json";
const SIGNATURE = "manifest.json.p7s";
const STAMP = "manifest.json.tsr";
const SUMS = "SHA256SUMS";
const UNLISTED = new Set([MANIFEST, SIGNATURE, STAMP, SUMS]);

/** Checks a whole package. `fingerprint`: SHA-256 of the town's authority as known from elsewhere, or empty. */
export async function verifyPackage(contents: Contents, fingerprint: string, tell: (share: number) => void): Promise<Report> {
  const anchor = contents.get("ca.pem");
  const raw = await contents.get(MANIFEST)?.arrayBuffer();
  if (!anchor || !raw) throw new NotAPackage("manifest");
  const report = emptyReport();
  const anchorPem = await anchor.text();
  const authority = await readAuthority(anchorPem);
  report.authority = authority.sha256;
  const wanted = fingerprint.toLowerCase().replace(/[^0-9a-f]/g, "");
  if (!wanted) report.notes.push("compare-fingerprint");
  else if (wanted !== authority.sha256) report.findings.push({ code: "authority-other", file: "ca.pem" });
  const foreignPem = (await contents.get("tsa-ca.pem")?.text()) ?? "";
  await checkSigned(report, contents, raw, authority.certificate, foreignPem);
  const manifest = readManifest(report, raw);
  if (!manifest) return report;
  report.caseNumber = manifest.request.case_number;
  report.organisation = manifest.organisation;
  checkTiling(report, manifest);
  await checkFiles(report, contents, manifest);
  const reader = new ProvenanceReader(anchorPem + foreignPem);
  try {
    await checkFootage(report, contents, manifest, reader, tell);
  } finally {
    await reader.close();
  }
  return report;
}

async function checkSigned(
  report: Report,
  contents: Contents,
  raw: ArrayBuffer,
  authority: Certificate,
  foreignPem: string,
): Promise<void> {
  const signature = await contents.get(SIGNATURE)?.arrayBuffer();
  if (!signature) {
    report.findings.push({ code: "signature-missing", file: SIGNATURE });
    return;
  }
  try {
    const signer = await checkSignature(signature, raw, authority);
    report.signer = signer.name;
    const stamp = await contents.get(STAMP)?.arrayBuffer();
    if (stamp) {
      try {
        const authorities = foreignPem ? [authority, (await readAuthority(foreignPem)).certificate] : [authority];
        report.signedAt = await checkStamp(stamp, signature, authorities);
      } catch (problem) {
        report.findings.push({ code: "stamp-wrong", file: STAMP, detail: String(problem) });
      }
    } else {
      report.notes.push("no-stamp");
    }
    checkValidity(signer.certificate, report.signedAt ?? new Date());
  } catch (problem) {
    report.findings.push({ code: "signature-wrong", file: SIGNATURE, detail: String(problem) });
  }
}

function readManifest(report: Report, raw: ArrayBuffer): Manifest | undefined {
  try {
    const manifest = JSON.parse(new TextDecoder().decode(raw)) as Manifest;
    if (manifest.schema !== SCHEMA) throw new Error(manifest.schema);
    const whole = manifest.cameras.every((camera) => camera.files.every((file) => Array.isArray(file.fragments)));
    if (!whole || !Array.isArray(manifest.files)) throw new Error("incomplete");
    return manifest;
  } catch (problem) {
    report.findings.push({ code: "manifest-broken", file: MANIFEST, detail: String(problem) });
    return undefined;
  }
}

/** Footage and gaps of a camera must be the whole interval asked for: no second is passed over in silence. */
function checkTiling(report: Report, manifest: Manifest): void {
  for (const camera of manifest.cameras) {
    let reached = manifest.request.from;
    for (const span of [...camera.spans, { from: manifest.request.to, to: manifest.request.to }]) {
      if (span.from !== reached) {
        report.findings.push({ code: "time-unexplained", file: MANIFEST, detail: camera.camera_id, from: reached, to: span.from });
      }
      reached = span.to;
    }
  }
}

async function checkFiles(report: Report, contents: Contents, manifest: Manifest): Promise<void> {
  const media = manifest.cameras.flatMap((camera) => camera.files);
  const named = new Set([...manifest.files, ...media].map((entry) => entry.path));
  for (const name of named) if (!contents.has(name)) report.findings.push({ code: "file-missing", file: name });
  for (const name of contents.keys()) if (!named.has(name) && !UNLISTED.has(name)) report.findings.push({ code: "file-added", file: name });
  for (const entry of manifest.files) {
    const file = contents.get(entry.path);
    if (file && (await digestOfBlob(file)) !== entry.sha256) report.findings.push({ code: "file-changed", file: entry.path });
  }
  const sums = await contents.get(SUMS)?.text();
  if (sums === undefined) {
    report.findings.push({ code: "sums-missing", file: SUMS });
    return;
  }
  const listed = new Map(sums.split("\n").filter(Boolean).map((line) => [line.slice(66), line.slice(0, 64)]));
  const expected = new Map([...manifest.files, ...media].map((entry) => [entry.path, entry.sha256]));
  for (const name of [MANIFEST, SIGNATURE, STAMP]) {
    const file = contents.get(name);
    if (file) expected.set(name, await digestOf(await file.arrayBuffer()));
  }
  for (const name of new Set([...listed.keys(), ...expected.keys()])) {
    if (listed.get(name) !== expected.get(name)) report.findings.push({ code: "file-changed", file: SUMS, detail: name });
  }
}

async function checkFootage(
  report: Report,
  contents: Contents,
  manifest: Manifest,
  reader: ProvenanceReader,
  tell: (share: number) => void,
): Promise<void> {
  const total = manifest.cameras.flatMap((camera) => camera.files).reduce((sum, entry) => sum + entry.size_bytes, 1);
  let done = 0;
  for (const camera of manifest.cameras) {
    for (const entry of camera.files) {
      const file = contents.get(entry.path);
      if (!file) continue;
      await checkMedia(report, entry, file, (bytes) => tell(Math.min(1, (done += bytes) / total)));
      const provenance = await reader.read(file);
      const span = { from: entry.from, to: entry.to };
      if (provenance.state !== "Trusted") {
        const detail = provenance.failures.join(", ") || provenance.state;
        report.findings.push({ code: "c2pa-wrong", file: entry.path, detail, ...span });
        continue;
      }
      const hashes = new TextEncoder().encode(entry.fragments.map((fragment) => fragment.sha256).join(""));
      const expected: Record<string, unknown> = {
        export_id: manifest.export_id,
        camera_id: camera.camera_id,
        ...span,
        case_number: manifest.request.case_number,
        fragments_sha256: await digestOf(hashes),
      };
      const wrong = Object.keys(expected).filter((key) => provenance.footage[key] !== expected[key]);
      if (wrong.length > 0) report.findings.push({ code: "c2pa-other", file: entry.path, detail: wrong.join(", "), ...span });
    }
  }
}
