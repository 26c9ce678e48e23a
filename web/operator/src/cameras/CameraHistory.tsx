import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { type CameraVersion, fetchVersions } from "../api/registry.ts";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { exact } from "../words/console-words.ts";
import { useNames } from "../accounts/use-names.ts";
import { differences, type Part } from "./version-differences.ts";

/** Who changed what in a camera's registration, newest first. */
export function CameraHistory({ cameraId, name, onClose }: { readonly cameraId: string; readonly name: string; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const nameOf = useNames();
  const query = useQuery({ queryKey: ["camera-versions", cameraId], queryFn: () => fetchVersions(cameraId) });
  return (
    <ConsoleDialog title={t("history.title", { camera: name })} isOpen onClose={onClose} width="wide">
      <Loaded query={query} rows={3}>
        {(versions) => (
          <ol className="history">
            {versions.map((version, index) => (
              <li key={version.version} className="history-step">
                <p>
                  <strong>{t(`history.change.${changeKey(version.change)}`)}</strong>{" "}
                  <span className="soft">
                    <time dateTime={version.changed_at}>{exact(Date.parse(version.changed_at))}</time>, {nameOf(version.changed_by)}, {t("history.version", { version: version.version })}
                  </span>
                </p>
                <Changes before={versions[index + 1] ?? null} version={version} />
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </ConsoleDialog>
  );
}

function changeKey(change: string) {
  return change === "registered" || change === "removed" ? change : "changed";
}

function Changes({ before, version }: { readonly before: CameraVersion | null; readonly version: CameraVersion }) {
  const { t } = useTranslation();
  const found = differences(before?.state ?? null, version.state);
  if (version.change === "registered" || version.change === "removed") return null;
  if (found.length === 0) return <p className="soft">{t("history.same")}</p>;
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("history.part")}</th>
          <th scope="col">{t("history.before")}</th>
          <th scope="col">{t("history.after")}</th>
        </tr>
      </thead>
      <tbody>
        {found.map(({ part, before: was, after: is }) => (
          <tr key={part}>
            <th scope="row">{t(`history.parts.${part}`)}</th>
            <td className="history-before">{valueWords(t, part, was)}</td>
            <td>{valueWords(t, part, is)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Fields = Readonly<Record<string, unknown>>;

/** A value of the registration as a person reads it. */
function valueWords(t: TFunction, part: Part, value: unknown): string {
  if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)) return t("history.none");
  if (typeof value === "boolean") return value ? t("history.yes") : t("history.no");
  if (part === "privacy_masks" && Array.isArray(value)) return t("history.masks", { count: value.length });
  if (Array.isArray(value)) return value.map((each: unknown) => (typeof each === "object" && each !== null ? text((each as Fields).url) : text(each))).join(", ");
  if (typeof value !== "object") return text(value);
  const fields = value as Fields;
  if (part === "place") return `${text(fields.lat)}, ${text(fields.lon)}`;
  if (part === "view_cone") return t("history.cone", { azimuth: text(fields.azimuth_deg), angle: text(fields.angle_deg), range: text(fields.range_m) });
  if (part === "recording") return recordingWords(t, fields);
  if (part === "onvif") return text(fields.url);
  return JSON.stringify(value);
}

function recordingWords(t: TFunction, plan: Fields): string {
  if (plan.enabled !== true) return t("cameras.notRecorded");
  const parts = [t("cameras.days", { count: Number(plan.keep_days) }), plan.stream === "sub" ? t("registry.stream.sub") : t("registry.stream.main")];
  if (plan.record_audio === true) parts.push(t("history.withSound"));
  if (plan.priority === "low" || plan.priority === "high") parts.push(t(`registry.priorities.${plan.priority}`));
  return parts.join(", ");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
