import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ErrorState, Skeleton } from "@hejnal/shared";
import { Redirect, useLocation } from "wouter";
import { Page } from "../app/Page.tsx";
import type { ReportAccepted } from "../api.ts";
import { useTown } from "../town/use-town.ts";
import { CategoryStep } from "./CategoryStep.tsx";
import { DetailsStep } from "./DetailsStep.tsx";
import { isEmpty } from "./draft.ts";
import { PlaceStep } from "./PlaceStep.tsx";
import { QueuedPage, SentPage } from "./SentPage.tsx";
import { useDraft } from "./use-draft.ts";

const STEPS = ["", "miejsce", "opis"] as const;
const CATEGORY = "/zglos";
const PLACE = "/zglos/miejsce";
const DETAILS = "/zglos/opis";

/** Three steps with addresses of their own, so that the browser's Back does what one expects. */
export default function ReportFlow({ step = "" }: { readonly step: string | undefined }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const { draft, change, restart } = useDraft();
  const { data: town, error, refetch } = useTown();
  const [sent, setSent] = useState<ReportAccepted | null>(null);
  const [queued, setQueued] = useState(false);

  if (step === "wyslane") {
    if (sent) return <SentPage report={sent} />;
    return queued ? <QueuedPage /> : <Redirect to={CATEGORY} replace />;
  }
  const number = (STEPS as readonly string[]).indexOf(step);
  if (number < 0) return <Redirect to={CATEGORY} replace />;
  if (error && !town) {
    return (
      <Page title={t("report.title")} narrow>
        <ErrorState error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (!draft || !town) return <Skeleton />;
  const category = town.report_categories.find(({ code }) => code === draft.category);
  if (number > 0 && !category) return <Redirect to={CATEGORY} replace />;
  if (number > 1 && !draft.place) return <Redirect to={PLACE} replace />;

  const titles = [t("report.category.title"), t("report.place.title"), t("report.details.title")] as const;
  return (
    <Page key={step} title={titles[number] ?? ""} narrow kicker={t("report.step", { step: number + 1, total: STEPS.length })}>
      {number === 0 ? (
        <CategoryStep categories={town.report_categories} chosen={draft.category} onChoose={(code) => change({ category: code })} onNext={() => navigate(PLACE)} />
      ) : null}
      {number === 1 ? (
        <PlaceStep
          town={town}
          place={draft.place}
          onChoose={(place, placeLabel) => change({ place, placeLabel })}
          photos={draft.photos}
          onPhotos={(photos) => change({ photos })}
          onBack={() => navigate(CATEGORY)}
          onNext={() => navigate(DETAILS)}
        />
      ) : null}
      {number === 2 && category ? (
        <DetailsStep
          draft={draft}
          category={category}
          onChange={change}
          onChangeCategory={() => navigate(CATEGORY)}
          onChangePlace={() => navigate(PLACE)}
          onSent={(report) => {
            setSent(report);
            restart();
            navigate("/zglos/wyslane", { replace: true });
          }}
          onJoined={() => {
            restart();
            navigate("/", { replace: true });
          }}
          onQueued={() => {
            setQueued(true);
            restart();
            navigate("/zglos/wyslane", { replace: true });
          }}
        />
      ) : null}
      {isEmpty(draft) ? null : (
        <p className="draft-foot">
          {t("report.saved")}{" "}
          <button
            type="button"
            className="link-button"
            onClick={() => {
              restart();
              navigate(CATEGORY);
            }}
          >
            {t("report.discard")}
          </button>
        </p>
      )}
    </Page>
  );
}
