import { Icon } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ComboBox, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { searchStreets, type Town } from "../api/town.ts";
import { AddressSearch } from "../ui/AddressSearch.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { namedOrFirst, PickInput } from "../ui/PickInput.tsx";
import { useSettled } from "../wall/use-settled.ts";
import { AreaMap } from "./AreaMap.tsx";
import { AREA_KINDS, type Draft, type Fault } from "./draft.ts";

interface AreaFieldProps {
  readonly draft: Draft;
  readonly wrong: readonly Fault[];
  readonly town: Town;
  readonly onChange: (part: Partial<Draft>) => void;
}

/** Whom it concerns: the whole town, streets by name, a circle around an address, or a shape on the map. */
export function AreaField({ draft, wrong, town, onChange }: AreaFieldProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="fieldset">
      <legend>{t("editor.area")}</legend>
      <RadioChoice
        legend={t("editor.area")}
        legendHidden
        options={AREA_KINDS.map((kind) => ({ value: kind, label: t(`editor.areas.${kind}`) }))}
        value={draft.area}
        onChange={(area) => onChange({ area })}
      />
      {draft.area === "streets" ? <Streets streets={draft.streets} isInvalid={wrong.includes("streets")} onChange={(streets) => onChange({ streets })} /> : null}
      {draft.area === "circle" ? <Circle draft={draft} wrong={wrong} onChange={onChange} /> : null}
      {draft.area === "circle" || draft.area === "polygon" ? <AreaMap draft={draft} town={town} onChange={onChange} /> : null}
    </fieldset>
  );
}

function Streets({ streets, isInvalid, onChange }: { readonly streets: readonly string[]; readonly isInvalid: boolean; readonly onChange: (streets: readonly string[]) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const q = useSettled(text.trim(), 200);
  const found = useQuery({ queryKey: ["streets", q], queryFn: ({ signal }) => searchStreets(q, signal), enabled: q.length >= 2, staleTime: 60_000 });
  const items = (found.data ?? []).filter((street) => !streets.includes(street.name)).map((street) => ({ id: street.name, ...street }));
  return (
    <div className="field">
      <ComboBox
        className="field"
        items={items}
        inputValue={text}
        onInputChange={setText}
        value={null}
        isInvalid={isInvalid}
        allowsEmptyCollection
        onChange={(street) => {
          if (street === null) return;
          onChange([...streets, String(street)]);
          setText("");
        }}
      >
        <Label>{t("editor.street")}</Label>
        <PickInput pick={(words) => (words.trim() === q && found.isSuccess ? (namedOrFirst(items, ({ name }) => name, words)?.id ?? null) : null)} />
        <Popover className="popover">
          <ListBox className="menu" renderEmptyState={() => <p className="menu-empty">{q.length < 2 ? t("editor.typeMore") : found.isFetching ? t("editor.searching") : t("editor.noStreet")}</p>}>
            {(street: (typeof items)[number]) => (
              <ListBoxItem id={street.id} className="menu-item" textValue={street.name}>
                {street.name} <span className="soft">{t("editor.streetAddresses", { count: street.addresses })}</span>
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
      <ul className="tags">
        {streets.map((street) => (
          <li key={street} className="tag">
            {street}
            <Button className="tag-remove" aria-label={t("editor.removeStreet", { street })} onPress={() => onChange(streets.filter((each) => each !== street))}>
              <Icon name="close" size="1em" />
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Circle({ draft, wrong, onChange }: { readonly draft: Draft; readonly wrong: readonly Fault[]; readonly onChange: (part: Partial<Draft>) => void }) {
  const { t } = useTranslation();
  return (
    <div className="editor-row">
      <AddressSearch label={t("editor.center")} isInvalid={wrong.includes("center")} onFound={(hit) => onChange({ center: hit.place })} />
      <label className="field">
        <span>{t("editor.radius")}</span>
        <input
          className="input input-number"
          type="number"
          min={50}
          max={50_000}
          step={50}
          value={Number.isNaN(draft.radiusM) ? "" : draft.radiusM}
          aria-invalid={wrong.includes("radius")}
          onChange={(event) => onChange({ radiusM: event.target.valueAsNumber })}
        />
      </label>
    </div>
  );
}
