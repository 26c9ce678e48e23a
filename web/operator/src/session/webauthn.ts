type Json = Record<string, unknown>;

/** The person closed the device's question, it took too long, or the device has no key for this address. */
export class PasskeyDeclined extends Error {
  override readonly name = "PasskeyDeclined";
}

/** Whether this browser can be asked for passkeys in JSON (WebAuthn Level 3 §5.1.8–5.1.10). */
export function passkeysPossible(): boolean {
  return typeof PublicKeyCredential !== "undefined" && typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function" && typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function";
}

/** Asks for a passkey; gives the assertion as JSON. @throws PasskeyDeclined */
export async function getPasskey(options: Json): Promise<Json> {
  return asked(() => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON) }));
}

/** Makes a passkey; gives the attestation as JSON. @throws PasskeyDeclined */
export async function createPasskey(options: Json): Promise<Json> {
  return asked(() => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON) }));
}

async function asked(ask: () => Promise<Credential | null>): Promise<Json> {
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (error) {
    if (error instanceof DOMException) throw new PasskeyDeclined(error.name, { cause: error });
    throw error;
  }
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyDeclined("none");
  return credential.toJSON() as Json;
}
