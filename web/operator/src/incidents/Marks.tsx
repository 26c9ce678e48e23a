import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { idempotencyKey } from "../api/client.ts";
import { type HoldRequest, type IncidentCase, incidentKey, markFootage, type SeeingCamera } from "../api/incidents.ts";
import { useCameras } from "../cameras/use-cameras.ts";
import { playbackPath } from "../playback/start-time.ts";
import { useSession } from "../session/session.tsx";
import { Check, Field, NumberField } from "../ui/Field.tsx";
import { MomentField } from "../ui/MomentField.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { exact } from "../words/console-words.ts";
import { fromLocalInput, toLocalInput } from "../words/town-clock.ts";

const BASES: readonly HoldRequest["legal_basis"][] = ["police_request", "prosecutor_order", "court_order", "misdemeanour_case", "administrative_case", "claim", "data_subject_request", "other"];
const DAY_MS = 86_400_000;
const HOLD_DAYS = 90;
const BEFORE_MS = 2 * 60_000;
const AFTER_MS = 10 * 60_000;

/** Footage that belongs to an incident: marked, and held where a case asks for it. */
export function Marks({ incident, seeing }: { readonly incident: IncidentCase; readonly seeing: readonly SeeingCamera[] }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const { byId } = useCameras();
  const [adding, setAdding] = useState(false);
  return (
    <section>
      <h3>{t("incidents.marks")}</h3>
      {incident.marks.length === 0 ? <p className="soft">{t("incidents.noMarks")}</p> : null}
      <ul className="near">
        {incident.marks.map((mark) => (
          <li key={mark.mark_id} data-mark={mark.state}>
            <span className="near-name">
              {byId.get(mark.camera_id)?.name ?? mark.camera_id}
              <span className="soft">
                {exact(Date.parse(mark.from))} – {exact(Date.parse(mark.to))}
                {mark.note === "" ? null : `, ${mark.note}`}
              </span>
            </span>
            <span className={mark.state === "refused" ? "attention" : "soft"}>
              {t(`incidents.mark.${mark.state}`)}
              {mark.hold_id === null ? null : `, ${t("incidents.held")}`}
              {mark.trouble === "" ? null : <span className="cell-line">{mark.trouble}</span>}
            </span>
            {may("playBack") ? <Link href={playbackPath(mark.camera_id, Date.parse(mark.from))}>{t("incidents.play")}</Link> : null}
          </li>
        ))}
      </ul>
      {!may("markFootage") || incident.state === "closed" ? null : adding ? (
        <MarkForm incident={incident} seeing={seeing} onClose={() => setAdding(false)} />
      ) : (
        <div className="form-actions">
          <Button className="button" onPress={() => setAdding(true)}>
            {t("incidents.addMark")}
          </Button>
        </div>
      )}
    </section>
  );
}

function MarkForm({ incident, seeing, onClose }: { readonly incident: IncidentCase; readonly seeing: readonly SeeingCamera[]; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { cameras, byId } = useCameras();
  const queryClient = useQueryClient();
  const happenedMs = Date.parse(incident.alerts[0]?.raised_at ?? incident.opened_at);
  const nearest = [...seeing.map((camera) => camera.camera_id), ...incident.alerts.flatMap((alert) => alert.camera_ids)];
  const first = nearest.find((id) => byId.has(id)) ?? "";
  const [cameraId, setCamera] = useState(first);
  const [from, setFrom] = useState(() => toLocalInput(happenedMs - BEFORE_MS));
  const [to, setTo] = useState(() => toLocalInput(happenedMs + AFTER_MS));
  const [note, setNote] = useState("");
  const [held, setHeld] = useState(false);
  const [basis, setBasis] = useState<HoldRequest["legal_basis"]>("police_request");
  const [basisText, setBasisText] = useState("");
  const [days, setDays] = useState(HOLD_DAYS);
  const [shown, setShown] = useState(false);
  const [key] = useState(idempotencyKey);
  const fromMs = fromLocalInput(from);
  const toMs = fromLocalInput(to);
  const spanned = fromMs !== null && toMs !== null && fromMs < toMs;
  const based = !held || (basisText.trim().length >= 3 && days >= 1);
  const mark = useMutation({
    mutationFn: () =>
      markFootage(incident.incident_id, {
        mark_id: key,
        camera_id: cameraId,
        from: new Date(fromMs ?? 0).toISOString(),
        to: new Date(toMs ?? 0).toISOString(),
        note: note.trim(),
        hold: held ? { legal_basis: basis, basis_text: basisText.trim(), case_number: "", expires_at: new Date(Date.now() + days * DAY_MS).toISOString() } : null,
      }),
    onSuccess: (changed) => {
      queryClient.setQueryData(incidentKey(incident.incident_id), changed);
      onClose();
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (cameraId !== "" && spanned && based) mark.mutate();
  };
  return (
    <form className="fieldset screen-only" onSubmit={submit} noValidate aria-label={t("incidents.addMark")}>
      <label className="field">
        <span>{t("playback.camera")}</span>
        <select className="input" value={cameraId} aria-invalid={shown && cameraId === ""} onChange={(event) => setCamera(event.target.value)}>
          <option value="">{t("incidents.chooseCamera")}</option>
          {cameras.map((camera) => (
            <option key={camera.camera_id} value={camera.camera_id}>
              {`${camera.number} ${camera.name}`}
            </option>
          ))}
        </select>
      </label>
      <div className="field-row">
        <MomentField label={t("exports.from")} value={from} isInvalid={shown && !spanned} onChange={setFrom} />
        <MomentField label={t("exports.to")} value={to} isInvalid={shown && !spanned} onChange={setTo} />
      </div>
      {shown && !spanned ? <p className="field-error">{t("exports.wrong.time")}</p> : null}
      <Field label={t("alerts.note")} value={note} maxLength={2000} onChange={setNote} />
      <Check checked={held} label={t("incidents.hold")} help={t("incidents.holdHelp")} onChange={setHeld} />
      {held ? (
        <>
          <label className="field">
            <span>{t("incidents.basis")}</span>
            <select className="input" value={basis} onChange={(event) => setBasis(BASES.find((each) => each === event.target.value) ?? "other")}>
              {BASES.map((each) => (
                <option key={each} value={each}>
                  {t(`incidents.bases.${each}`)}
                </option>
              ))}
            </select>
          </label>
          <Field label={t("incidents.basisText")} value={basisText} maxLength={2000} fault={shown && basisText.trim().length < 3 ? t("incidents.basisMissing") : undefined} onChange={setBasisText} />
          <NumberField label={t("incidents.holdDays")} value={days} min={1} max={3650} isInvalid={shown && !(days >= 1)} onChange={setDays} />
        </>
      ) : null}
      <ProblemLine error={mark.error} act="markFootage" />
      <div className="form-actions">
        <Button type="submit" className="button button-primary" isPending={mark.isPending}>
          {t("incidents.addMark")}
        </Button>
        <Button className="button" onPress={onClose}>
          {t("ui.cancel")}
        </Button>
      </div>
    </form>
  );
}
