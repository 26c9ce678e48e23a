import { useRef, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { answer, asProblem, useLanguage } from "@hejnal/shared";
import { useLocation, useSearchParams } from "wouter";
import { Field } from "../app/fields.tsx";
import { Page } from "../app/Page.tsx";
import { useProblemSentence } from "../app/problem.ts";
import { api } from "../api.ts";
import { useCameras } from "../cameras/use-cameras.ts";
import { emptyRequest, faultsOf, formOf, HANDOVERS, type RequestField, type RequestInWork } from "./footage-form.ts";
import { FootageRequests } from "./FootageRequests.tsx";
import { keepRequest } from "./own-requests.ts";

const FIELDS: readonly { readonly name: RequestField; readonly type: string; readonly multiline?: boolean; readonly autoComplete?: string }[] = [
  { name: "place", type: "text" },
  { name: "day", type: "date" },
  { name: "from", type: "time" },
  { name: "to", type: "time" },
  { name: "description", type: "text", multiline: true },
  { name: "name", type: "text", autoComplete: "name" },
  { name: "contact", type: "text", autoComplete: "email" },
];

/** Ask for footage of oneself (GDPR art. 15), and what has become of what was asked for before. */
export default function FootagePage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const sentence = useProblemSentence();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const { data: register } = useCameras();
  const [request, setRequest] = useState<RequestInWork>(() => ({ ...emptyRequest(), camera: search.get("kamera") ?? "" }));
  const [key] = useState(() => crypto.randomUUID());
  const [checked, setChecked] = useState(false);
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  const camera = register?.items.find(({ id }) => id === request.camera);
  const whole: RequestInWork = { ...request, place: request.place || (camera ? [camera.name, camera.address].filter(Boolean).join(", ") : "") };
  const faults = faultsOf(whole, new Date());
  const set = (part: Partial<RequestInWork>) => setRequest({ ...request, ...part });

  const send = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (busy) return;
    setChecked(true);
    setFailure("");
    if (Object.keys(faults).length) {
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    setBusy(true);
    try {
      const accepted = await answer(
        api.POST("/api/v1/footage-requests", { params: { header: { "Idempotency-Key": key } }, body: formOf(whole, language) }),
      );
      keepRequest({ id: accepted.id, reference: accepted.reference, token: accepted.token });
      navigate(`/nagranie/${accepted.id}`);
    } catch (cause) {
      setFailure(sentence(asProblem(cause)));
      setBusy(false);
      requestAnimationFrame(() => summary.current?.focus());
    }
  };

  return (
    <Page title={t("footage.title")} narrow>
      <p className="lead">{t("footage.lead")}</p>
      <FootageRequests />
      <form onSubmit={(event) => void send(event)} noValidate>
        {failure || (checked && Object.keys(faults).length) ? (
          <div ref={summary} className="error-summary" role="alert" tabIndex={-1}>
            <p>{failure || t("report.errorSummary")}</p>
            <ul>
              {FIELDS.filter(({ name }) => faults[name]).map(({ name }) => (
                <li key={name}>
                  <a href={`#footage-${name}`}>{t(`footage.field.${name}`)}</a>
                </li>
              ))}
            </ul>
          </div>
        ) : null}
        <label className="select-field">
          <span>{t("footage.camera")}</span>
          <select value={request.camera} onChange={({ target }) => set({ camera: target.value })}>
            <option value="">{t("footage.cameraUnknown")}</option>
            {register?.items.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {FIELDS.map(({ name, type, multiline = false, autoComplete }) => {
          const fault = checked ? faults[name] : undefined;
          return (
            <Field
              key={name}
              id={`footage-${name}`}
              label={t(`footage.field.${name}`)}
              hint={t(`footage.hint.${name}`)}
              error={fault ? t(`footage.fault.${fault}`) : undefined}
              value={whole[name]}
              onChange={(value) => set({ [name]: value })}
              type={type}
              multiline={multiline}
              isRequired
              {...(autoComplete ? { autoComplete } : {})}
            />
          );
        })}
        <fieldset className="plain-fieldset question">
          <legend>{t("footage.handover")}</legend>
          {HANDOVERS.map((handover) => (
            <label key={handover} className="radio">
              <input type="radio" name="handover" checked={request.handover === handover} onChange={() => set({ handover })} />
              <span>{t(`footage.handovers.${handover}`)}</span>
            </label>
          ))}
        </fieldset>
        <p className="hint">{t("footage.privacy")}</p>
        <div className="actions">
          <button type="submit" className="button-primary button-large" aria-disabled={busy}>
            {t("footage.send")}
          </button>
        </div>
      </form>
    </Page>
  );
}
