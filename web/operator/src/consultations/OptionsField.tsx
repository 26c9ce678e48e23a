import { Icon } from "@hejnal/shared";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { PlaceField } from "../cameras/PlaceField.tsx";
import { useTown } from "../reports/use-town.ts";
import { WordingField } from "../ui/WordingField.tsx";
import { EMPTY_OPTION, MOST_OPTIONS, optionFault, type OptionForm } from "./consultation-form.ts";
import { siteWords } from "./words.ts";

interface OptionsFieldProps {
  readonly options: readonly OptionForm[];
  readonly sites: boolean;
  readonly shown: boolean;
  readonly onChange: (options: readonly OptionForm[]) => void;
}

/** What can be chosen; for a camera's site with its place and view cone. One map is open at a time. */
export function OptionsField({ options, sites, shown, onChange }: OptionsFieldProps) {
  const { t } = useTranslation();
  const { town } = useTown();
  const [placing, setPlacing] = useState<number | null>(null);
  return (
    <fieldset className="fieldset">
      <legend>{sites ? t("consultations.sites") : t("consultations.options")}</legend>
      {sites ? <p className="field-help">{t("consultations.sitesHelp")}</p> : null}
      <ol className="entries">
        {options.map((option, index) => {
          const number = index + 1;
          const change = (part: Partial<OptionForm>) => onChange(options.with(index, { ...option, ...part }));
          const fault = shown ? optionFault(option) : null;
          const { place, cone } = option;
          const words = siteWords(t, { place, view_cone: cone === null ? null : { azimuth_deg: cone.azimuthDeg, angle_deg: cone.angleDeg, range_m: cone.rangeM } });
          return (
            <li key={index} className="entry">
              <div className="entry-head">
                <strong>{t("consultations.optionNumber", { number })}</strong>
                <Button
                  className="icon-button"
                  aria-label={t("consultations.removeOption", { number })}
                  onPress={() => {
                    setPlacing(null);
                    onChange(options.toSpliced(index, 1));
                  }}
                >
                  <Icon name="close" />
                </Button>
              </div>
              <WordingField label={t("consultations.optionName", { number })} value={option.names} required={["pl"]} isInvalid={fault === "optionName"} onChange={(names) => change({ names })} />
              {placing === index && town !== null ? (
                <PlaceField town={town} form={{ place, cone }} wrong={fault === "optionPlace" ? ["place", "cone"] : []} onChange={change} />
              ) : (
                <p className={fault === "optionPlace" ? "field-error" : "soft"}>{words === "" ? t("consultations.noPlace") : words}</p>
              )}
              <div className="form-actions">
                <Button className="button" aria-expanded={placing === index} onPress={() => setPlacing(placing === index ? null : index)}>
                  {placing === index ? t("consultations.placeDone") : place === null ? t("consultations.setPlace", { number }) : t("consultations.changePlace", { number })}
                </Button>
                {place === null ? null : (
                  <Button className="button" onPress={() => change({ place: null, cone: null })}>
                    {t("consultations.removePlace", { number })}
                  </Button>
                )}
              </div>
            </li>
          );
        })}
      </ol>
      <div className="form-actions">
        <Button className="button" isDisabled={options.length >= MOST_OPTIONS} onPress={() => onChange([...options, EMPTY_OPTION])}>
          {t("consultations.addOption")}
        </Button>
      </div>
    </fieldset>
  );
}
