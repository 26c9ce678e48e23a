import { categoryIcon, EmptyState, ErrorState, Icon, Skeleton, useLanguage } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { fetchReportCategories, REPORT_CATEGORIES_KEY, type ReportCategory } from "../api/report-categories.ts";
import { CategoryEditor } from "./CategoryEditor.tsx";
import { ReportSections } from "./ReportSections.tsx";
import "../announcements/announcements.css";
import "../styles/town-desk.css";

/** What residents can report: the town's own list, and each category's questions. */
export function ReportCategoriesPage({ code }: { readonly code: string | null }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: REPORT_CATEGORIES_KEY, queryFn: fetchReportCategories });
  const chosen = query.data?.find((category) => category.code === code);
  return (
    <div className="split">
      <section className="split-list" aria-labelledby="categories-title">
        <ReportSections />
        <header className="split-head">
          <h1 id="categories-title">{t("reportCategories.title")}</h1>
          <Link href="/report-categories/new" className="button button-primary">
            {t("reportCategories.new")}
          </Link>
        </header>
        {query.isPending ? (
          <Skeleton rows={6} />
        ) : query.data === undefined ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : query.data.length === 0 ? (
          <EmptyState icon="list" title={t("reportCategories.none")} />
        ) : (
          <ul className="cards">
            {query.data.map((category) => (
              <Card key={category.code} category={category} open={category.code === code} />
            ))}
          </ul>
        )}
      </section>
      <section className="split-detail" aria-label={t("reportCategories.detail")}>
        {query.data === undefined ? null : code === "new" ? (
          <CategoryEditor key="new" category={null} all={query.data} />
        ) : chosen === undefined ? (
          <EmptyState icon="list" title={code === null ? t("reportCategories.choose") : t("reportCategories.gone")} />
        ) : (
          <CategoryEditor key={`${chosen.code} ${chosen.version}`} category={chosen} all={query.data} />
        )}
      </section>
    </div>
  );
}

function Card({ category, open }: { readonly category: ReportCategory; readonly open: boolean }) {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <li>
      <Link href={`/report-categories/${category.code}`} className={category.archived ? "card card-muted" : "card"} aria-current={open ? "true" : undefined} data-category={category.code}>
        <span className="card-head">
          <Icon name={categoryIcon(category.code)} />
          <strong>{category.names[language]}</strong>
          {category.urgent ? <span className="tag tag-urgent">{t("reports.urgent")}</span> : null}
          {category.archived ? <span className="tag">{t("reportCategories.isArchived")}</span> : null}
        </span>
        <span className="card-foot">
          <span>{category.unit === "" ? t("reportCategories.noUnit") : category.unit}</span>
          <span>{t("reportCategories.questionCount", { count: category.questions.length })}</span>
          <span>{t("reportCategories.openReports", { count: category.open_reports })}</span>
        </span>
      </Link>
    </li>
  );
}
