const STORED = "hejnal.device";

/** A random name of this device, so that "me too" counts it once. Says nothing about its owner; made when first needed. */
export function deviceName(): string {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored) return stored;
    const name = crypto.randomUUID();
    localStorage.setItem(STORED, name);
    return name;
  } catch {
    return crypto.randomUUID(); // storage is blocked: the service counts by other means
  }
}
