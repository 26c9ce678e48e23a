import { createC2pa } from "@contentauth/c2pa-web/inline";

/** Accepted key purposes: C2PA claim signing, e-mail protection, document signing, time stamping. */
const PURPOSES = "1.3.6.1.4.1.62558.2.1\n1.3.6.1.5.5.7.3.4\n1.3.6.1.5.5.7.3.36\n1.3.6.1.5.5.7.3.8\n";
const FOOTAGE = "pl.hejnal.footage";

export interface Provenance {
  /** Only `Trusted` is good. */
  state: string;
  failures: string[];
  footage: Record<string, unknown>;
}

/** Reads C2PA signatures in a worker; trusts the given authorities only and asks no network. */
export class ProvenanceReader {
  readonly #settings;
  #sdk: ReturnType<typeof createC2pa> | undefined;

  constructor(authoritiesPem: string) {
    this.#settings = {
      trust: { userAnchors: authoritiesPem, trustConfig: PURPOSES },
      verify: { verifyTrust: true, remoteManifestFetch: false, ocspFetch: false },
    };
  }

  async read(file: Blob): Promise<Provenance> {
    try {
      this.#sdk ??= createC2pa({ settings: this.#settings });
      const sdk = await this.#sdk;
      const reader = await sdk.reader.fromBlob("video/mp4", file, this.#settings);
      if (!reader) return { state: "missing", failures: [], footage: {} };
      const store = await reader.manifestStore();
      await reader.free();
      const active = store.active_manifest ? store.manifests?.[store.active_manifest] : undefined;
      const assertions = (active?.assertions ?? []) as { label: string; data?: unknown }[];
      return {
        state: store.validation_state ?? "unknown",
        failures: (store.validation_results?.activeManifest?.failure ?? []).map((one) => one.code),
        footage: (assertions.find((one) => one.label === FOOTAGE)?.data ?? {}) as Record<string, unknown>,
      };
    } catch (problem) {
      return { state: "unreadable", failures: [String(problem).slice(0, 200)], footage: {} };
    }
  }

  async close(): Promise<void> {
    (await this.#sdk)?.dispose();
  }
}
