interface PhotoDoor {
  /** The report's secret, where the photo is not public. */
  readonly token?: string | undefined;
  readonly thumb?: boolean;
}

/** The address of a photo with what its door asks for; the API names photos relative to itself. */
export function photoAddress(url: string, { token, thumb = false }: PhotoDoor = {}): string {
  const address = new URL(url, new URL("/api/v1/", window.location.origin));
  if (token) address.searchParams.set("token", token);
  if (thumb) address.searchParams.set("size", "thumb");
  return address.href;
}
