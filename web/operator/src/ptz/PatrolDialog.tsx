import { asProblem, Icon } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { fetchPatrol, fetchPresets, type Patrol, patrolKey, type PtzPreset, setPatrol } from "../api/ptz.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { Check } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { exact } from "../words/console-words.ts";
import "./patrol.css";

interface PatrolDialogProps {
  readonly cameraId: string;
  readonly name: string;
  readonly onClose: () => void;
}

/** The round of a camera: which of its places it visits, how long it stays, and whether it goes round at all. */
export function PatrolDialog({ cameraId, name, onClose }: PatrolDialogProps) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: patrolKey(cameraId),
    queryFn: async () => {
      const [patrol, presets] = await Promise.all([fetchPatrol(cameraId), fetchPresets(cameraId)]);
      return { patrol, presets };
    },
    gcTime: 0,
    retry: false,
  });
  const title = t("patrol.title", { camera: name });
  // The form begins with what is read once; what comes later does not overwrite what is being written.
  if (query.data !== undefined) return <PatrolForm title={title} cameraId={cameraId} patrol={query.data.patrol} presets={query.data.presets} onClose={onClose} />;
  return (
    <ConsoleDialog title={title} isOpen onClose={onClose}>
      <Loaded query={query} rows={3}>
        {() => null}
      </Loaded>
    </ConsoleDialog>
  );
}

interface Step {
  readonly key: string;
  readonly preset: string;
  readonly dwellS: number;
}

const MOST_STEPS = 64;
const DWELL_S = 20;
const LEAST_DWELL_S = 5;
const MOST_DWELL_S = 3_600;

interface PatrolFormProps {
  readonly title: string;
  readonly cameraId: string;
  readonly patrol: Patrol | null;
  readonly presets: readonly PtzPreset[];
  readonly onClose: () => void;
}

function PatrolForm({ title, cameraId, patrol, presets, onClose }: PatrolFormProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const id = useId();
  const [base] = useState(patrol);
  const [enabled, setEnabled] = useState(base?.enabled ?? true);
  const [steps, setSteps] = useState<readonly Step[]>(() => (base?.steps ?? []).map((step) => ({ key: crypto.randomUUID(), preset: step.preset, dwellS: step.dwell_s })));
  const [shown, setShown] = useState(false);
  const wrong = steps.some(({ dwellS }) => !Number.isInteger(dwellS) || dwellS < LEAST_DWELL_S || dwellS > MOST_DWELL_S);
  const tooFew = enabled && steps.length === 0;
  const save = useMutation({
    mutationFn: () =>
      setPatrol(
        cameraId,
        base?.version ?? 0,
        enabled,
        steps.map(({ preset, dwellS }) => ({ preset, dwell_s: dwellS })),
      ),
    onSuccess: () => {
      announce(enabled ? t("patrol.going") : t("patrol.stopped"));
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: patrolKey(cameraId) }),
  });
  const change = (key: string, part: Partial<Step>) => setSteps((before) => before.map((step) => (step.key === key ? { ...step, ...part } : step)));
  const up = (index: number) => setSteps((before) => before.map((step, at) => (at === index - 1 ? (before[index] ?? step) : at === index ? (before[index - 1] ?? step) : step)));
  const submit = () => {
    setShown(true);
    if (!wrong && !tooFew) save.mutate();
  };
  const [first] = presets;
  const conflict = save.isError && asProblem(save.error).kind === "conflict";
  return (
    <FormDialog title={title} submit={t("patrol.save")} pending={save.isPending} error={save.error} act="keepPtz" problem={conflict ? t("patrol.changedMeanwhile") : null} onSubmit={submit} onClose={onClose}>
      {base !== null && base.trouble !== "" ? <p className="attention">{t("patrol.trouble", { detail: base.trouble })}</p> : null}
      {base === null ? null : <p className="soft">{t("patrol.changed", { who: base.changed_by, moment: exact(Date.parse(base.changed_at)) })}</p>}
      {first === undefined ? <p>{t("patrol.noPresets")}</p> : <p className="soft">{t("patrol.help")}</p>}
      <ol className="patrol-steps">
        {steps.map((step, index) => (
          <li key={step.key} className="patrol-step">
            <select className="input" aria-label={t("patrol.place", { step: index + 1 })} value={step.preset} onChange={(event) => change(step.key, { preset: event.target.value })}>
              {presets.some((preset) => preset.token === step.preset) ? null : <option value={step.preset}>{t("patrol.gonePreset", { token: step.preset })}</option>}
              {presets.map((preset) => (
                <option key={preset.token} value={preset.token}>
                  {preset.name === "" ? preset.token : preset.name}
                </option>
              ))}
            </select>
            <input
              className="input input-number"
              type="number"
              min={LEAST_DWELL_S}
              max={MOST_DWELL_S}
              aria-label={t("patrol.dwell", { step: index + 1 })}
              aria-describedby={id}
              aria-invalid={shown && (!Number.isInteger(step.dwellS) || step.dwellS < LEAST_DWELL_S || step.dwellS > MOST_DWELL_S)}
              value={Number.isNaN(step.dwellS) ? "" : step.dwellS}
              onChange={(event) => change(step.key, { dwellS: event.target.valueAsNumber })}
            />
            <span aria-hidden="true">{"s"}</span>
            <Button className="link-button" aria-label={`${t("patrol.up")} ${index + 1}`} isDisabled={index === 0} onPress={() => up(index)}>
              {t("patrol.up")}
            </Button>
            <IconButton label={t("patrol.remove", { step: index + 1 })} onPress={() => setSteps((before) => before.filter((each) => each.key !== step.key))}>
              <Icon name="close" />
            </IconButton>
          </li>
        ))}
      </ol>
      {shown && wrong ? (
        <p id={id} className="field-error" role="alert">
          {t("patrol.wrongDwell", { least: LEAST_DWELL_S, most: MOST_DWELL_S })}
        </p>
      ) : null}
      {shown && tooFew ? (
        <p className="field-error" role="alert">
          {t("patrol.tooFew")}
        </p>
      ) : null}
      {first === undefined || steps.length >= MOST_STEPS ? null : (
        <div>
          <Button className="button" onPress={() => setSteps((before) => [...before, { key: crypto.randomUUID(), preset: presets[before.length % presets.length]?.token ?? first.token, dwellS: DWELL_S }])}>
            {t("patrol.add")}
          </Button>
        </div>
      )}
      <Check checked={enabled} label={t("patrol.enabled")} help={t("patrol.enabledHelp")} onChange={setEnabled} />
    </FormDialog>
  );
}
