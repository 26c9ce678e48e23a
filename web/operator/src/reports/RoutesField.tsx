import { Icon } from "@hejnal/shared";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { AreaMap } from "../announcements/AreaMap.tsx";
import { Field } from "../ui/Field.tsx";
import { routeFault, type RouteForm } from "./category-form.ts";
import { useTown } from "./use-town.ts";

interface RoutesFieldProps {
  readonly routes: readonly RouteForm[];
  readonly shown: boolean;
  readonly onChange: (routes: readonly RouteForm[]) => void;
}

/** Which parts of the town go to another unit; the first one whose area holds the pin decides. */
export function RoutesField({ routes, shown, onChange }: RoutesFieldProps) {
  const { t } = useTranslation();
  const { town } = useTown();
  const [drawing, setDrawing] = useState<number | null>(null);
  return (
    <fieldset className="fieldset">
      <legend>{t("reportCategories.routes")}</legend>
      <p className="field-help">{t("reportCategories.routesHelp")}</p>
      <ol className="entries">
        {routes.map((route, index) => {
          const change = (part: Partial<RouteForm>) => onChange(routes.with(index, { ...route, ...part }));
          const wrong = shown && routeFault(route);
          return (
            <li key={index} className="entry">
              <div className="entry-head">
                <strong>{t("reportCategories.route", { number: index + 1 })}</strong>
                <Button className="icon-button" aria-label={t("reportCategories.removeRoute", { number: index + 1 })} onPress={() => onChange(routes.toSpliced(index, 1))}>
                  <Icon name="close" />
                </Button>
              </div>
              <div className="field-row">
                <Field label={t("reportCategories.routeLabel")} value={route.label} maxLength={120} fault={wrong && route.label.trim() === "" ? t("reportCategories.fault.empty") : undefined} onChange={(label) => change({ label })} />
                <Field label={t("reports.unit")} value={route.unit} maxLength={120} fault={wrong && route.unit.trim() === "" ? t("reportCategories.fault.empty") : undefined} onChange={(unit) => change({ unit })} />
              </div>
              {drawing === index && town !== null ? (
                <AreaMap draft={{ area: "polygon", severity: "notice", center: null, radiusM: 0, ring: route.ring ?? [] }} town={town} onChange={({ ring }) => (ring === undefined ? undefined : change({ ring }))} />
              ) : (
                <div className="form-actions">
                  <Button className="button" onPress={() => setDrawing(index)}>
                    {route.area === null ? t("reportCategories.draw") : t("reportCategories.drawAnew")}
                  </Button>
                  <span className={wrong ? "field-error" : "soft"}>{(route.ring?.length ?? 0) >= 3 || route.area !== null ? t("reportCategories.drawn") : t("reportCategories.notDrawn")}</span>
                </div>
              )}
            </li>
          );
        })}
      </ol>
      <div className="form-actions">
        <Button
          className="button"
          isDisabled={routes.length >= 40}
          onPress={() => {
            onChange([...routes, { label: "", unit: "", ring: null, area: null }]);
            setDrawing(routes.length);
          }}
        >
          {t("reportCategories.addRoute")}
        </Button>
      </div>
    </fieldset>
  );
}
