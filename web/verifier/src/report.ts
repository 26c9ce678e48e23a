/** Something that is not as it was signed. */
export interface Finding {
  code: FindingCode;
  file: string;
  detail?: string;
  from?: string;
  to?: string;
}

export type FindingCode =
  | "signature-missing"
  | "signature-wrong"
  | "stamp-wrong"
  | "manifest-broken"
  | "time-unexplained"
  | "sums-missing"
  | "file-missing"
  | "file-changed"
  | "file-added"
  | "boxes-broken"
  | "head-changed"
  | "fragment-missing"
  | "fragment-changed"
  | "fragment-added"
  | "c2pa-wrong"
  | "c2pa-other"
  | "authority-other";

export type Note = "compare-fingerprint" | "no-stamp";

/** The outcome for one package. */
export interface Report {
  findings: Finding[];
  notes: Note[];
  files: number;
  fragments: number;
  authority: string;
  signer?: string;
  signedAt?: Date;
  caseNumber?: string;
  organisation?: string;
}

/** A report that nothing has been found for yet. */
export function emptyReport(): Report {
  return { findings: [], notes: [], files: 0, fragments: 0, authority: "" };
}
