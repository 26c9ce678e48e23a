import { useTranslation } from "react-i18next";
import { useQueries } from "@tanstack/react-query";
import { answer, Icon, useLanguage } from "@hejnal/shared";
import { api, type Consultation } from "../api.ts";
import { coneWords } from "../cameras/cone-words.ts";
import { inLanguage } from "./use-consultations.ts";

/** Everything the map shows, in words: each site, what is near it, and what a camera would see from there. */
export function OptionList({ options }: { readonly options: Consultation["options"] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const near = useQueries({
    queries: options.map(({ place }) => ({
      queryKey: ["nearest", place?.lat, place?.lon],
      queryFn: () => answer(api.GET("/api/v1/addresses/nearest", { params: { query: { lat: place?.lat ?? 0, lon: place?.lon ?? 0 } } })),
      enabled: Boolean(place),
      staleTime: 600_000,
    })),
  });
  return (
    <ul className="option-list">
      {options.map(({ code, names, place, view_cone: cone }, index) => {
        const address = near[index]?.data?.address?.label;
        return (
          <li key={code}>
            <Icon name={place ? "pin" : "close"} />
            <span>
              <strong>{inLanguage(names, language)}</strong>
              <small>{[address ? t("consultations.near", { address }) : "", cone ? coneWords(t, cone) : ""].filter(Boolean).join(". ")}</small>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
