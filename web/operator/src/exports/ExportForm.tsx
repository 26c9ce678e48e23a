import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { requestExport } from "../api/exports.ts";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { MomentField } from "../ui/MomentField.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { fromLocalInput, toLocalInput } from "../words/town-clock.ts";
import { ExportMasks, type MasksOf } from "./ExportMasks.tsx";
import { refusalWords } from "./export-words.ts";
import { EXPORTS_KEY } from "./use-exports.ts";

const MOST_CAMERAS = 16;
const MINUTE_MS = 60_000;

interface ExportFormProps {
  readonly cameras: readonly NumberedCamera[];
  readonly cameraId: string | null;
  readonly atMs: number;
}

/** Which cameras, which time, why and for which case. */
export function ExportForm({ cameras, cameraId, atMs }: ExportFormProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(cameraId === null ? [] : [cameraId]));
  const [from, setFrom] = useState(() => toLocalInput(atMs - 5 * MINUTE_MS));
  const [to, setTo] = useState(() => toLocalInput(atMs));
  const [caseNumber, setCase] = useState("");
  const [reason, setReason] = useState("");
  const [masks, setMasks] = useState<MasksOf>(new Map());
  const [originals, setOriginals] = useState(true);
  const [checked, setChecked] = useState(false);
  const asking = useMutation({
    mutationFn: requestExport,
    onSuccess: async () => {
      announce(t("exports.asked"));
      setChecked(false);
      setCase("");
      setReason("");
      setMasks(new Map());
      setOriginals(true);
      await queryClient.invalidateQueries({ queryKey: EXPORTS_KEY });
    },
  });
  const fromMs = fromLocalInput(from);
  const toMs = fromLocalInput(to);
  const wrong = {
    cameras: chosen.size === 0 || chosen.size > MOST_CAMERAS,
    time: fromMs === null || toMs === null || toMs <= fromMs,
    caseNumber: caseNumber.trim() === "",
    reason: reason.trim().length < 5,
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.values(wrong).some(Boolean) || fromMs === null || toMs === null) return;
    asking.mutate({ cameras: [...chosen], fromMs, toMs, reason: reason.trim(), caseNumber: caseNumber.trim(), masks, originals });
  };
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const refusal = asking.isError ? refusalWords(t, asking.error) : null;
  return (
    <form className="form export-form" onSubmit={submit} noValidate>
      <fieldset className="fieldset" aria-describedby={checked && wrong.cameras ? "export-cameras-error" : undefined}>
        <legend>{t("exports.cameras", { count: chosen.size })}</legend>
        <div className="export-cameras">
          {cameras.map((camera) => (
            <label key={camera.camera_id} className="export-camera">
              <input type="checkbox" checked={chosen.has(camera.camera_id)} onChange={() => toggle(camera.camera_id)} />
              <span>{`${camera.number} ${camera.name}`}</span>
            </label>
          ))}
        </div>
        {checked && wrong.cameras ? (
          <p id="export-cameras-error" className="field-error">
            {t("exports.wrong.cameras", { most: MOST_CAMERAS })}
          </p>
        ) : null}
      </fieldset>
      <div className="filters export-times">
        <MomentField label={t("exports.from")} value={from} isInvalid={checked && wrong.time} onChange={setFrom} />
        <MomentField label={t("exports.to")} value={to} isInvalid={checked && wrong.time} onChange={setTo} />
      </div>
      {checked && wrong.time ? <p className="field-error">{t("exports.wrong.time")}</p> : null}
      <label className="field">
        <span>{t("exports.case")}</span>
        <input className="input" value={caseNumber} maxLength={100} aria-invalid={checked && wrong.caseNumber} onChange={(event) => setCase(event.target.value)} />
      </label>
      <label className="field">
        <span>{t("exports.reason")}</span>
        <input className="input" value={reason} maxLength={500} aria-invalid={checked && wrong.reason} onChange={(event) => setReason(event.target.value)} />
        <span className="field-help">{t("exports.reasonHelp")}</span>
      </label>
      {chosen.size > 0 && fromMs !== null && may("playBack") ? (
        <ExportMasks
          cameras={cameras.filter((camera) => chosen.has(camera.camera_id))}
          atMs={fromMs}
          masks={masks}
          originals={originals}
          onChange={setMasks}
          onOriginals={setOriginals}
        />
      ) : null}
      {checked && (wrong.caseNumber || wrong.reason) ? <p className="field-error">{t("exports.wrong.why")}</p> : null}
      {refusal === null ? (
        <ProblemLine error={asking.error} act="export" />
      ) : (
        <p className="problem-line" role="alert">
          {refusal}
        </p>
      )}
      <Button type="submit" className="button button-primary" isPending={asking.isPending}>
        {t("exports.ask")}
      </Button>
    </form>
  );
}
