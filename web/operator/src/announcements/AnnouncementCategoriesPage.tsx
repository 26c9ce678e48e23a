import { asProblem, categoryIcon, EmptyState, Icon, SEVERITIES, SeverityBadge, useLanguage } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { addAnnouncementCategory, ANNOUNCEMENT_CATEGORIES_KEY, type AnnouncementCategory, type AnnouncementCategoryChange, changeAnnouncementCategory, fetchAnnouncementCategories } from "../api/templates.ts";
import { TOWN_KEY } from "../api/town.ts";
import { freeCode } from "../reports/category-form.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { Check, NumberField } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { missingIn, NO_WORDING, trimmedWording, type Wording, WordingField } from "../ui/WordingField.tsx";
import { AnnouncementSections } from "./AnnouncementSections.tsx";
import "../styles/town-desk.css";

const ICONS = ["water", "power", "gas", "heating", "roads", "events", "air", "waste", "safety", "other", "lighting", "greenery", "danger", "noise"] as const;
const CAP = ["Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"] as const;

/** What announcements can be about, and what residents can ask for. */
export function AnnouncementCategoriesPage() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ANNOUNCEMENT_CATEGORIES_KEY, queryFn: fetchAnnouncementCategories });
  const [opened, setOpened] = useState<AnnouncementCategory | "new" | null>(null);
  return (
    <div className="page">
      <AnnouncementSections />
      <header className="page-head">
        <h1>{t("announcementCategories.title")}</h1>
        <div className="page-tools">
          <Button className="button button-primary" onPress={() => setOpened("new")}>
            {t("reportCategories.new")}
          </Button>
        </div>
      </header>
      <Loaded query={query} empty={<EmptyState icon="list" title={t("announcementCategories.none")} />}>
        {(categories) => <Rows categories={categories} onOpen={setOpened} />}
      </Loaded>
      {opened === null ? null : <CategoryDialog category={opened === "new" ? null : opened} all={query.data ?? []} onClose={() => setOpened(null)} />}
    </div>
  );
}

function Rows({ categories, onOpen }: { readonly categories: readonly AnnouncementCategory[]; readonly onOpen: (category: AnnouncementCategory) => void }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const number = (label: string) => ({ label, className: "number" });
  return (
    <DataTable
      caption={t("announcementCategories.title")}
      columns={[t("reportCategories.names"), t("announcementCategories.usual"), "CAP", number(t("announcementCategories.subscribers")), number(t("nav.announcements"))]}
      actions
    >
      {categories.map((category) => (
        <tr key={category.code} data-category={category.code}>
          <th scope="row">
            <Icon name={categoryIcon(category.icon === "" ? category.code : category.icon)} /> {category.names[language]}
            {category.archived ? <span className="soft cell-line">{t("reportCategories.isArchived")}</span> : null}
          </th>
          <td>{category.default_severity === null || category.default_severity === undefined ? "–" : <SeverityBadge severity={category.default_severity} />}</td>
          <td>{category.cap_category ?? "–"}</td>
          <td className="number">{category.subscribers}</td>
          <td className="number">{category.announcements}</td>
          <td className="cell-actions">
            <button type="button" className="link-button" onClick={() => onOpen(category)}>
              {t("templates.edit")}
              <span className="visually-hidden">, {category.names[language]}</span>
            </button>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

interface CategoryDialogProps {
  readonly category: AnnouncementCategory | null;
  readonly all: readonly AnnouncementCategory[];
  readonly onClose: () => void;
}

function CategoryDialog({ category, all, onClose }: CategoryDialogProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [names, setNames] = useState<Wording>(category?.names ?? NO_WORDING);
  const [icon, setIcon] = useState(category?.icon ?? "");
  const [severity, setSeverity] = useState<AnnouncementCategoryChange["default_severity"]>(category?.default_severity ?? null);
  const [cap, setCap] = useState<AnnouncementCategoryChange["cap_category"]>(category?.cap_category ?? null);
  const [position, setPosition] = useState(category?.position ?? 100);
  const [archived, setArchived] = useState(category?.archived ?? false);
  const [shown, setShown] = useState(false);
  const wrongPosition = !(position >= 0 && position <= 10_000);
  const body = (): AnnouncementCategoryChange => ({ names: trimmedWording(names), icon, default_severity: severity ?? null, cap_category: cap ?? null, position: Math.round(position), archived });
  const save = useMutation({
    mutationFn: () => (category === null ? addAnnouncementCategory(freeCode(names.pl, new Set(all.map(({ code }) => code)), "category"), body()) : changeAnnouncementCategory(category.code, category.version, body())),
    onSuccess: (saved) => {
      announce(t("reportCategories.saved", { name: saved.names.pl }));
      onClose();
    },
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: ANNOUNCEMENT_CATEGORIES_KEY });
      void queryClient.invalidateQueries({ queryKey: TOWN_KEY });
    },
  });
  return (
    <FormDialog
      title={category === null ? t("reportCategories.new") : category.names.pl}
      width="wide"
      submit={t("registry.save")}
      pending={save.isPending}
      error={save.error}
      act="writeAnnouncements"
      problem={save.isError && asProblem(save.error).kind === "conflict" ? t("reportCategories.changedMeanwhile") : null}
      onSubmit={() => {
        setShown(true);
        if (missingIn(names).length === 0 && !wrongPosition) save.mutate();
      }}
      onClose={onClose}
    >
      <WordingField label={t("reportCategories.names")} value={names} maxLength={60} isInvalid={shown} onChange={setNames} />
      <RadioChoice
        legend={t("announcementCategories.icon")}
        options={ICONS.map((value) => ({
          value,
          label: (
            <>
              <Icon name={value} />
              <span className="visually-hidden">{t(`announcementCategories.icons.${value}`)}</span>
            </>
          ),
        }))}
        value={ICONS.find((each) => each === icon) ?? null}
        onChange={setIcon}
      />
      <div className="field-row">
        <label className="field">
          <span>{t("announcementCategories.usual")}</span>
          <select className="input" value={severity ?? ""} onChange={(event) => setSeverity(SEVERITIES.find((each) => each === event.target.value) ?? null)}>
            <option value="">{t("announcementCategories.noUsual")}</option>
            {SEVERITIES.map((each) => (
              <option key={each} value={each}>
                {t(`severity.${each}`, { ns: "shared" })}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>{t("announcementCategories.cap")}</span>
          <select className="input" value={cap ?? ""} onChange={(event) => setCap(CAP.find((each) => each === event.target.value) ?? null)}>
            <option value="">{t("announcementCategories.noCap")}</option>
            {CAP.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <NumberField label={t("reportCategories.position")} value={position} min={0} max={10_000} isInvalid={shown && wrongPosition} onChange={setPosition} />
      </div>
      {category === null ? null : <Check checked={archived} label={t("announcementCategories.archived")} help={t("announcementCategories.archivedHelp", { count: category.subscribers })} onChange={setArchived} />}
    </FormDialog>
  );
}
