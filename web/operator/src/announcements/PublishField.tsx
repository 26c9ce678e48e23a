import { useState } from "react";
import { useTranslation } from "react-i18next";
import { RadioChoice } from "../ui/Choice.tsx";
import { MomentField } from "../ui/MomentField.tsx";
import { toLocalInput } from "../words/town-clock.ts";
import type { Draft, Fault } from "./draft.ts";

interface PublishFieldProps {
  readonly draft: Draft;
  readonly wrong: readonly Fault[];
  readonly onChange: (part: Partial<Draft>) => void;
}

const HOUR_MS = 3_600_000;

/** At once, or by itself at an hour that is chosen now. */
export function PublishField({ draft, wrong, onChange }: PublishFieldProps) {
  const { t } = useTranslation();
  const [later, setLater] = useState(draft.publishAt !== "");
  return (
    <fieldset className="fieldset">
      <legend>{t("editor.publish")}</legend>
      <RadioChoice
        legend={t("editor.publish")}
        legendHidden
        options={[
          { value: "now", label: t("editor.publishNow") },
          { value: "later", label: t("editor.publishLater") },
        ]}
        value={later ? "later" : "now"}
        onChange={(when) => {
          setLater(when === "later");
          onChange({ publishAt: when === "later" ? toLocalInput(Math.ceil((Date.now() + HOUR_MS) / HOUR_MS) * HOUR_MS) : "" });
        }}
      />
      {later ? <MomentField label={t("editor.publishAt")} value={draft.publishAt} isInvalid={wrong.some((fault) => fault.startsWith("publish"))} onChange={(publishAt) => onChange({ publishAt })} /> : null}
    </fieldset>
  );
}
