import { Icon } from "@hejnal/shared";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { RadioChoice } from "../ui/Choice.tsx";
import { Check, Field, NumberField } from "../ui/Field.tsx";
import { type CameraFault, type CameraForm, suggestedId } from "./camera-form.ts";
import { ConnectionCheck } from "./ConnectionCheck.tsx";
import { MasksField } from "./MasksField.tsx";
import { useCameras } from "./use-cameras.ts";

export interface CredentialsDraft {
  readonly username: string;
  readonly password: string;
  readonly forget: boolean;
}

export const NO_CREDENTIALS: CredentialsDraft = { username: "", password: "", forget: false };

interface CameraFieldsProps {
  readonly form: CameraForm;
  readonly isNew: boolean;
  readonly hasCredentials: boolean;
  readonly credentials: CredentialsDraft;
  readonly wrong: readonly CameraFault[];
  readonly onChange: (part: Partial<CameraForm>) => void;
  readonly onCredentials: (draft: CredentialsDraft) => void;
}

/** Everything about a camera but its place. */
export function CameraFields(props: CameraFieldsProps) {
  const { t } = useTranslation();
  const { form, isNew, wrong, onChange } = props;
  const [idTouched, setTouched] = useState(!isNew || form.cameraId !== "");
  const fault = (name: CameraFault) => (wrong.includes(name) ? t(`registry.fault.${name}`) : undefined);
  const named = (name: string) => onChange(idTouched ? { name } : { name, cameraId: suggestedId(name) });
  return (
    <>
      <fieldset className="fieldset">
        <legend>{t("registry.what")}</legend>
        <Field label={t("registry.name")} value={form.name} maxLength={120} isRequired autoComplete="off" fault={fault("name")} onChange={named} />
        <Field
          label={t("registry.id")}
          help={isNew ? t("registry.idHelp") : t("registry.idFixed")}
          value={form.cameraId}
          maxLength={63}
          isRequired
          isReadOnly={!isNew}
          fault={fault("cameraId")}
          onChange={(cameraId) => {
            setTouched(true);
            onChange({ cameraId });
          }}
        />
        <Groups groups={form.groups} onChange={(groups) => onChange({ groups })} />
        <Field label={t("registry.purpose")} help={t("registry.purposeHelp")} value={form.purpose} maxLength={500} rows={2} onChange={(purpose) => onChange({ purpose })} />
        <Check checked={form.enabled} label={t("registry.enabled")} help={t("registry.enabledHelp")} onChange={(enabled) => onChange({ enabled })} />
        <Check checked={form.isPublic} label={t("registry.public")} help={t("registry.publicHelp")} onChange={(isPublic) => onChange({ isPublic })} />
        <Check checked={form.restricted} label={t("registry.restricted")} help={t("registry.restrictedHelp")} onChange={(restricted) => onChange({ restricted })} />
      </fieldset>
      <Sources {...props} />
      <Recording {...props} />
      {isNew ? null : <MasksField cameraId={form.cameraId} name={form.name} masks={form.masks} onChange={(masks) => onChange({ masks })} />}
    </>
  );
}

function Groups({ groups, onChange }: { readonly groups: readonly string[]; readonly onChange: (groups: readonly string[]) => void }) {
  const { t } = useTranslation();
  const { cameras } = useCameras();
  const [text, setText] = useState("");
  const known = [...new Set(cameras.flatMap((camera) => camera.groups))].filter((group) => !groups.includes(group)).sort((a, b) => a.localeCompare(b, "pl"));
  const add = () => {
    const group = text.trim();
    if (group !== "" && !groups.includes(group)) onChange([...groups, group]);
    setText("");
  };
  return (
    <div className="field">
      <label className="field">
        <span>{t("registry.groups")}</span>
        <span className="field-with-button">
          <input
            className="input"
            list="known-groups"
            value={text}
            maxLength={64}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
          <Button className="button" isDisabled={text.trim() === ""} onPress={add}>
            {t("registry.addGroup")}
          </Button>
        </span>
        <span className="field-help">{t("registry.groupsHelp")}</span>
      </label>
      <datalist id="known-groups">
        {known.map((group) => (
          <option key={group} value={group} />
        ))}
      </datalist>
      <ul className="tags">
        {groups.map((group) => (
          <li key={group} className="tag">
            {group}
            <Button className="tag-remove" aria-label={t("registry.removeGroup", { group })} onPress={() => onChange(groups.filter((each) => each !== group))}>
              <Icon name="close" size="1em" />
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Sources({ form, isNew, hasCredentials, credentials, wrong, onChange, onCredentials }: CameraFieldsProps) {
  const { t } = useTranslation();
  const fault = (name: CameraFault) => (wrong.includes(name) ? t(`registry.fault.${name}`) : undefined);
  const kept = hasCredentials && !credentials.forget;
  return (
    <fieldset className="fieldset">
      <legend>{t("registry.sources")}</legend>
      <Field label={t("registry.mainUrl")} value={form.mainUrl} isRequired placeholder="rtsp://10.0.0.7:554/main" spellCheck="false" fault={fault("mainUrl")} onChange={(mainUrl) => onChange({ mainUrl })} />
      <Field label={t("registry.subUrl")} help={t("registry.subHelp")} value={form.subUrl} spellCheck="false" fault={fault("subUrl")} onChange={(subUrl) => onChange({ subUrl })} />
      <div className="field-row">
        <Field label={t("registry.username")} autoComplete="off" value={credentials.username} maxLength={120} onChange={(username) => onCredentials({ ...credentials, username, forget: false })} />
        <Field label={t("registry.password")} type="password" autoComplete="new-password" value={credentials.password} maxLength={200} onChange={(password) => onCredentials({ ...credentials, password, forget: false })} />
      </div>
      <p className="field-help">{isNew ? t("registry.credentialsNew") : kept ? t("registry.credentialsKept") : t("registry.credentialsNone")}</p>
      {isNew ? null : <ConnectionCheck cameraId={form.cameraId} credentials={credentials} />}
      {hasCredentials ? <Check checked={credentials.forget} label={t("registry.credentialsForget")} onChange={(forget) => onCredentials({ ...NO_CREDENTIALS, forget })} /> : null}
      <details className="more" open={form.onvifUrl !== "" || wrong.includes("onvifUrl")}>
        <summary>{t("registry.onvif")}</summary>
        <div className="form">
          <Field label={t("registry.onvifUrl")} help={t("registry.onvifHelp")} value={form.onvifUrl} maxLength={300} spellCheck="false" placeholder="http://10.0.0.7/onvif/device_service" fault={fault("onvifUrl")} onChange={(onvifUrl) => onChange({ onvifUrl })} />
          <div className="field-row">
            <Field label={t("registry.mainProfile")} value={form.mainProfile} maxLength={64} onChange={(mainProfile) => onChange({ mainProfile })} />
            <Field label={t("registry.subProfile")} value={form.subProfile} maxLength={64} onChange={(subProfile) => onChange({ subProfile })} />
          </div>
          <Check checked={form.allowClockSet} label={t("registry.allowClockSet")} onChange={(allowClockSet) => onChange({ allowClockSet })} />
          <Check checked={form.allowGopSet} label={t("registry.allowGopSet")} onChange={(allowGopSet) => onChange({ allowGopSet })} />
          <Check checked={form.cardRecording} label={t("registry.cardRecording")} onChange={(cardRecording) => onChange({ cardRecording })} />
        </div>
      </details>
    </fieldset>
  );
}

const PRIORITIES = ["low", "normal", "high"] as const;

function Recording({ form, wrong, onChange }: CameraFieldsProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="fieldset">
      <legend>{t("registry.recording")}</legend>
      <Check checked={form.recorded} label={t("registry.recorded")} onChange={(recorded) => onChange({ recorded })} />
      {form.recorded ? (
        <>
          <div className="field-row">
            <NumberField label={t("registry.keepDays")} value={form.keepDays} min={1} max={90} help={t("registry.keepDaysHelp")} isInvalid={wrong.includes("keepDays")} onChange={(keepDays) => onChange({ keepDays })} />
            <NumberField
              label={t("registry.diskShare")}
              value={form.diskSharePercent ?? Number.NaN}
              min={0}
              max={100}
              step="any"
              help={t("registry.diskShareHelp")}
              isInvalid={wrong.includes("diskShare")}
              onChange={(share) => onChange({ diskSharePercent: Number.isNaN(share) ? null : share })}
            />
          </div>
          <RadioChoice
            legend={t("registry.recordedStream")}
            isInvalid={wrong.includes("recordedStream")}
            options={(["main", "sub"] as const).map((value) => ({ value, label: t(`registry.stream.${value}`) }))}
            value={form.recordedStream}
            onChange={(recordedStream) => onChange({ recordedStream })}
          />
          <RadioChoice legend={t("registry.priority")} options={PRIORITIES.map((value) => ({ value, label: t(`registry.priorities.${value}`) }))} value={form.priority} onChange={(priority) => onChange({ priority })} />
          <Check checked={form.recordAudio} label={t("registry.recordAudio")} onChange={(recordAudio) => onChange({ recordAudio })} />
          {form.recordAudio ? (
            <p className="problem-line" role="status">
              <Icon name="warning" />
              <span>{t("registry.audioWarning")}</span>
            </p>
          ) : null}
        </>
      ) : null}
    </fieldset>
  );
}
