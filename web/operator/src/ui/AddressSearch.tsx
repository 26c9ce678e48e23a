import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ComboBox, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { type AddressHit, searchAddresses } from "../api/town.ts";
import { useSettled } from "../wall/use-settled.ts";
import { namedOrFirst, PickInput } from "./PickInput.tsx";

interface AddressSearchProps {
  readonly label: string;
  readonly isInvalid?: boolean;
  readonly onFound: (hit: AddressHit) => void;
}

/** Finds an address of the town while one types. */
export function AddressSearch({ label, isInvalid = false, onFound }: AddressSearchProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const q = useSettled(text.trim(), 200);
  const found = useQuery({ queryKey: ["addresses", q], queryFn: ({ signal }) => searchAddresses(q, signal), enabled: q.length >= 2, staleTime: 60_000 });
  const items = (found.data ?? []).map((hit, index) => ({ id: `${index} ${hit.label}`, ...hit }));
  return (
    <ComboBox
      className="field"
      items={items}
      inputValue={text}
      onInputChange={setText}
      isInvalid={isInvalid}
      allowsEmptyCollection
      onChange={(key) => {
        const hit = items.find((each) => each.id === key);
        if (hit === undefined) return;
        onFound(hit);
        setText(hit.label);
      }}
    >
      <Label>{label}</Label>
      <PickInput pick={(words) => (words.trim() === q && found.isSuccess ? (namedOrFirst(items, ({ label: name }) => name, words)?.id ?? null) : null)} />
      <Popover className="popover">
        <ListBox className="menu" renderEmptyState={() => <p className="menu-empty">{q.length < 2 ? t("editor.typeMore") : found.isFetching ? t("editor.searching") : t("editor.noAddress")}</p>}>
          {(hit: (typeof items)[number]) => (
            <ListBoxItem id={hit.id} className="menu-item" textValue={hit.label}>
              {hit.label} <span className="soft">{hit.district}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
