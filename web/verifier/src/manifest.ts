/** What this page reads of `manifest.json` (pl.hejnal.export/1). */
export interface Manifest {
  schema: string;
  export_id: string;
  organisation: string;
  request: { case_number: string; reason: string; requested_by: string; from: string; to: string };
  cameras: {
    camera_id: string;
    name: string;
    spans: { kind: string; from: string; to: string; cause: string | null }[];
    files: MediaEntry[];
  }[];
  files: { path: string; size_bytes: number; sha256: string }[];
}

/** A media file with the hash and time of each fragment. */
export interface MediaEntry {
  path: string;
  size_bytes: number;
  sha256: string;
  init_sha256: string;
  from: string;
  to: string;
  fragments: { sha256: string; from: string; to: string }[];
}

export const SCHEMA = "pl.hejnal.export/1";
