import { useEffect, useState } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from "react-aria-components";
import { answer, asProblem, Icon } from "@hejnal/shared";
import { type AddressHit, api } from "../api.ts";

interface AddressSearchProps {
  readonly onChoose: (hit: AddressHit) => void;
  readonly label?: string;
}

const WAIT_MS = 200;

/** Finds addresses, streets and places while one types; steered by arrow keys or thumb. */
export function AddressSearch({ onChoose, label }: AddressSearchProps) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(words.trim()), WAIT_MS);
    return () => clearTimeout(timer);
  }, [words]);

  const search = useQuery({
    queryKey: ["addresses", asked],
    queryFn: () => answer(api.GET("/api/v1/addresses", { params: { query: { q: asked, limit: 8 } } })),
    enabled: asked.length >= 2,
    placeholderData: keepPreviousData,
    staleTime: 600_000,
  });
  const searching = words.trim().length >= 2;
  const hits = searching && asked.length >= 2 ? (search.data ?? []) : [];
  const key = (hit: AddressHit) => `${hit.kind}/${hit.label}/${hit.place.lat}/${hit.place.lon}`;

  const outcome = () => {
    if (search.isError) return asProblem(search.error).kind === "offline" ? t("shell.offline") : t("report.place.nothing");
    if (search.isFetching || asked !== words.trim()) return t("report.place.searching");
    return hits.length ? <span className="visually-hidden">{t("report.place.found", { count: hits.length })}</span> : t("report.place.nothing");
  };

  return (
    <div className="address-search">
      <ComboBox
        className="field"
        items={hits}
        inputValue={words}
        onInputChange={setWords}
        value={null}
        onChange={(chosen) => {
          const hit = hits.find((candidate) => key(candidate) === chosen);
          if (!hit) return;
          setWords(""); // the page says what was chosen; the field is ready for another search
          onChoose(hit);
        }}
        allowsCustomValue
        menuTrigger="input"
      >
        <Label>{label ?? t("report.place.address")}</Label>
        <Text slot="description" className="hint">
          {t("report.place.addressHint")}
        </Text>
        <span className="search-input">
          <Icon name="search" />
          <Input autoComplete="off" enterKeyHint="search" />
        </span>
        <Popover className="suggestions" placement="bottom start" offset={4}>
          <ListBox<AddressHit> aria-label={t("report.place.suggestions")}>
            {(hit) => (
              <ListBoxItem id={key(hit)} textValue={hit.label} className="suggestion">
                <Icon name={hit.kind === "street" ? "roads" : "pin"} />
                <span>
                  {hit.label}
                  {hit.district || hit.postcode ? <small>{[hit.postcode, hit.district].filter(Boolean).join(", ")}</small> : null}
                </span>
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
      <p role="status" className="hint">
        {searching ? outcome() : ""}
      </p>
    </div>
  );
}
