import { useId, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@hejnal/shared";
import type { AddressHit } from "../api.ts";
import { useAddressHits } from "./use-address-hits.ts";

interface AddressSearchProps {
  readonly onChoose: (hit: AddressHit) => void;
  readonly label?: string;
}

/**
 * Finds addresses, streets and places while one types. A combobox with a list (ARIA Authoring Practices): arrow keys
 * move, Enter takes, Escape closes. The list stands in the page, not over it, so that zoom and screen readers meet no layer.
 */
export function AddressSearch({ onChoose, label }: AddressSearchProps) {
  const { t } = useTranslation();
  const id = useId();
  const [words, setWords] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const { hits, state } = useAddressHits(words);
  const shown = open && hits.length > 0;
  const current = shown && active < hits.length ? active : -1;
  const optionId = (index: number) => `${id}-option-${index}`;

  const choose = (hit: AddressHit) => {
    setWords(""); // the page says what was chosen; the field is ready for another search
    setOpen(false);
    setActive(-1);
    onChoose(hit);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const hit = hits[current === -1 && state === "found" ? 0 : current];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!hits.length) return;
      const step = event.key === "ArrowDown" ? 1 : -1;
      setOpen(true);
      setActive(current === -1 ? (step > 0 ? 0 : hits.length - 1) : (current + step + hits.length) % hits.length);
    } else if (event.key === "Enter" && words.trim()) {
      // Enter in a search never sends the form around it; without a choice it takes the best hit.
      if (hit) choose(hit);
    } else if (event.key === "Escape" && shown) {
      setOpen(false);
      setActive(-1);
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    <div className="field address-search">
      <label htmlFor={id}>{label ?? t("report.place.address")}</label>
      <p id={`${id}-hint`} className="hint">
        {t("report.place.addressHint")}
      </p>
      <span className="search-input">
        <Icon name="search" />
        <input
          id={id}
          type="text"
          role="combobox"
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls={`${id}-list`}
          aria-activedescendant={current === -1 ? undefined : optionId(current)}
          aria-describedby={`${id}-hint`}
          autoComplete="off"
          enterKeyHint="search"
          value={words}
          onChange={({ target }) => {
            setWords(target.value);
            setOpen(true);
            setActive(-1);
          }}
          onKeyDown={onKeyDown}
          onBlur={() => setOpen(false)}
          onFocus={() => setOpen(true)}
        />
      </span>
      <div id={`${id}-list`} role="listbox" aria-label={t("report.place.suggestions")} className="suggestions" hidden={!shown}>
        {hits.map((hit, index) => (
          // The keyboard stays in the field and reaches options through aria-activedescendant.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={`${hit.kind}/${hit.label}/${hit.place.lat}/${hit.place.lon}`}
            id={optionId(index)}
            role="option"
            aria-selected={index === current}
            tabIndex={-1}
            className="suggestion"
            // The press must not take the focus away: the list would close before the click.
            onPointerDown={(event) => event.preventDefault()}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(hit)}
          >
            <Icon name={hit.kind === "street" ? "roads" : "pin"} />
            <span>
              {hit.label}{" "}
              <small>{[hit.postcode, hit.district].filter(Boolean).join(", ")}</small>
            </span>
          </div>
        ))}
      </div>
      <p role="status" className={state === "found" ? "visually-hidden" : "hint"}>
        {state === "searching" ? t("report.place.searching") : null}
        {state === "found" ? t("report.place.found", { count: hits.length }) : null}
        {state === "nothing" ? t("report.place.nothing") : null}
        {state === "failed" ? t("report.place.failed") : null}
      </p>
    </div>
  );
}
