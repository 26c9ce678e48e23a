import type { BackOffice, BackOfficeEdit } from "../api/open311.ts";

/** The back office while somebody edits it; `pollMinutes` is NaN while its field is empty. */
export interface BackOfficeForm {
  readonly enabled: boolean;
  readonly url: string;
  readonly jurisdictionId: string;
  /** Empty keeps the key that is set. */
  readonly apiKey: string;
  /** The back office's service code by category; empty: the category stays here. */
  readonly services: Readonly<Record<string, string>>;
  readonly withContact: boolean;
  readonly pollMinutes: number;
}

export type BackOfficeFault = "url" | "key" | "services" | "poll";

export function formOf(office: BackOffice): BackOfficeForm {
  return {
    enabled: office.version === 0 ? true : office.enabled,
    url: office.url,
    jurisdictionId: office.jurisdiction_id,
    apiKey: "",
    services: office.services,
    withContact: office.with_contact,
    pollMinutes: office.poll_s / 60,
  };
}

/** An address as the service takes it: http or https, without a user, a query or a fragment. */
function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, search, hash } = new URL(text);
  return ["http:", "https:"].includes(protocol) && username === "" && search === "" && hash === "";
}

export function backOfficeFaults(form: BackOfficeForm, office: BackOffice): BackOfficeFault[] {
  const url = form.url.trim().replace(/\/+$/, "");
  const found: BackOfficeFault[] = [];
  if (!isAddress(url)) found.push("url");
  // The key of one office is never sent to another one.
  if (office.api_key_set && url !== office.url && form.apiKey.trim() === "") found.push("key");
  if (form.enabled && Object.values(form.services).every((code) => code.trim() === "")) found.push("services");
  if (!(form.pollMinutes * 60 >= 10 && form.pollMinutes <= 1_440)) found.push("poll");
  return found;
}

/** The body to save. Call it only when `backOfficeFaults` finds none. */
export function backOfficeBody(form: BackOfficeForm): BackOfficeEdit {
  return {
    enabled: form.enabled,
    url: form.url.trim(),
    jurisdiction_id: form.jurisdictionId.trim(),
    api_key: form.apiKey.trim() === "" ? null : form.apiKey.trim(),
    services: Object.fromEntries(Object.entries(form.services).flatMap(([category, code]) => (code.trim() === "" ? [] : [[category, code.trim()]]))),
    with_contact: form.withContact,
    poll_s: Math.round(form.pollMinutes * 60),
  };
}
