import { type Contents, fromFolder, fromZip } from "./contents.ts";
import type { Finding, Report } from "./report.ts";
import { verifyPackage } from "./verify.ts";
import { type Language, findingWords, noteWords, words } from "./words.ts";

type Outcome = { report: Report; pinned: boolean } | "unreadable" | undefined;

let language: Language = navigator.language.startsWith("pl") ? "pl" : "en";
let outcome: Outcome;
let run = 0;
let lastFingerprint = "";

function at(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(id);
  return found;
}
const input = (id: string): HTMLInputElement => at(id) as HTMLInputElement;

function speak(): void {
  document.documentElement.lang = language;
  const spoken: Record<string, unknown> = words[language];
  for (const element of document.querySelectorAll<HTMLElement>("[data-t]")) {
    const text = spoken[element.dataset.t ?? ""];
    if (typeof text === "string") element.textContent = text;
  }
  document.title = words[language].title;
  at("language").textContent = words[language].other;
  at("language").lang = language === "pl" ? "en" : "pl";
  show();
}

function show(): void {
  const verdict = at("verdict");
  verdict.hidden = outcome === undefined;
  at("details").hidden = outcome === undefined || outcome === "unreadable";
  if (outcome === undefined) return;
  const spoken = words[language];
  if (outcome === "unreadable") {
    verdict.dataset.good = "false";
    verdict.textContent = `✗ ${spoken.unreadable}`;
    return;
  }
  const { report, pinned } = outcome;
  const good = report.findings.length === 0;
  verdict.dataset.good = good ? (pinned ? "true" : "unknown") : "false";
  verdict.textContent = good ? (pinned ? `✓ ${spoken.good}` : `? ${spoken.goodUnknown}`) : `✗ ${spoken.bad}`;
  const facts: [string, string][] = [
    [spoken.case, report.caseNumber ?? spoken.none],
    [spoken.organisation, report.organisation ?? spoken.none],
    [spoken.signer, report.signer ?? spoken.none],
    [spoken.signedAt, report.signedAt ? moment(report.signedAt) : spoken.none],
    [spoken.authority, (report.authority.match(/../g) ?? []).join(":").toUpperCase()],
    [spoken.amount, spoken.amountOf(report.files, report.fragments)],
  ];
  at("facts").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  at("findingshead").hidden = good;
  at("findings").replaceChildren(...report.findings.map((finding) => element("li", sentence(finding))));
  at("notes").replaceChildren(...report.notes.map((note) => element("li", noteWords[language][note])));
}

function sentence(finding: Finding): string {
  const when = finding.from && finding.to ? ` [${moment(new Date(finding.from))} – ${moment(new Date(finding.to))}]` : "";
  const detail = finding.detail ? ` (${finding.detail})` : "";
  return `${finding.file}${when}: ${findingWords[language][finding.code]}${detail}`;
}

function moment(instant: Date): string {
  const format = new Intl.DateTimeFormat(language === "pl" ? "pl-PL" : "en-GB", {
    timeZone: "Europe/Warsaw",
    dateStyle: "short",
    timeStyle: "medium",
  });
  return format.format(instant);
}

function element(kind: string, text: string): HTMLElement {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

async function check(read: () => Promise<Contents>): Promise<void> {
  const mine = (run += 1);
  outcome = undefined;
  show();
  const progress = at("progress");
  progress.hidden = false;
  progress.textContent = words[language].working;
  let said = 0;
  const fingerprint = (lastFingerprint = input("fingerprint").value);
  let found: Outcome;
  try {
    const report = await verifyPackage(await read(), fingerprint, (share) => {
      const tenth = Math.floor(share * 10);
      if (mine !== run || tenth <= said) return; // read out at most ten times
      said = tenth;
      progress.textContent = `${words[language].working} ${String(tenth * 10)} %`;
    });
    found = { report, pinned: fingerprint.trim() !== "" };
  } catch {
    found = "unreadable";
  }
  if (mine !== run) return;
  outcome = found;
  progress.hidden = true;
  show();
}

let again: (() => Promise<Contents>) | undefined;
function chosen(read: () => Promise<Contents>): void {
  again = read;
  void check(read);
}

input("zip").addEventListener("change", () => {
  const [file] = input("zip").files ?? [];
  if (file) chosen(() => fromZip(file));
});
input("folder").addEventListener("change", () => {
  const files = [...(input("folder").files ?? [])];
  if (files.length > 0) chosen(() => Promise.resolve(fromFolder(files)));
});
input("fingerprint").addEventListener("change", () => {
  if (again && input("fingerprint").value !== lastFingerprint) void check(again);
});
at("drop").addEventListener("dragover", (event) => {
  event.preventDefault();
});
at("drop").addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file) chosen(() => fromZip(file));
});
at("language").addEventListener("click", () => {
  language = language === "pl" ? "en" : "pl";
  speak();
});
speak();
