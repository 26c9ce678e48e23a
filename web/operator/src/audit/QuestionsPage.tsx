import { asProblem, EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { askAboutAccount, askAboutCamera, type Look, type LookTotal } from "../api/audit.ts";
import { useCameras } from "../cameras/use-cameras.ts";
import { CameraSelect } from "../playback/CameraSelect.tsx";
import { DayField } from "../ui/DayField.tsx";
import { Check, Field } from "../ui/Field.tsx";
import { exact } from "../words/console-words.ts";
import { fromLocalInput, townDay } from "../words/town-clock.ts";
import { LookTable, TotalTable } from "./LookTables.tsx";
import { PersonSelect } from "./PersonSelect.tsx";

const DAY_MS = 86_400_000;

type Asked = { readonly about: "camera"; readonly cameraId: string; readonly day: string } | { readonly about: "account"; readonly accountId: string; readonly from: string; readonly to: string };

/** The two questions of the data-protection officer, and their answers as tables. */
export function QuestionsPage() {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <>
      <p className="soft">{t("audit.askedNote")}</p>
      <div className="questions">
        <CameraQuestion onAsk={setAsked} />
        <AccountQuestion key={asked?.about === "account" ? asked.accountId : "none"} start={asked?.about === "account" ? asked.accountId : ""} onAsk={setAsked} />
      </div>
      {asked === null ? null : <Answer key={JSON.stringify(asked)} asked={asked} onPerson={(accountId, day) => setAsked({ about: "account", accountId, from: day, to: day })} onCamera={(cameraId, day) => setAsked({ about: "camera", cameraId, day })} />}
    </>
  );
}

function CameraQuestion({ onAsk }: { readonly onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const { cameras } = useCameras();
  const [cameraId, setCamera] = useState("");
  const [day, setDay] = useState(() => townDay(Date.now()));
  const [removed, setRemoved] = useState(false);
  const [shown, setShown] = useState(false);
  const missing = cameraId.trim() === "";
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (!missing && day !== "") onAsk({ about: "camera", cameraId: cameraId.trim(), day });
  };
  return (
    <form className="fieldset" onSubmit={submit} noValidate aria-labelledby="ask-camera">
      <h2 id="ask-camera">{t("audit.whoSaw")}</h2>
      {removed ? (
        <Field label={t("audit.removedId")} help={t("audit.removedIdHelp")} value={cameraId} autoComplete="off" spellCheck="false" fault={shown && missing ? t("audit.cameraMissing") : undefined} onChange={setCamera} />
      ) : (
        <div className="field">
          <CameraSelect cameras={cameras} value={cameraId === "" ? null : cameraId} label={t("audit.chooseCamera")} onChange={setCamera} />
          {shown && missing ? (
            <span className="field-error" role="alert">
              {t("audit.cameraMissing")}
            </span>
          ) : null}
        </div>
      )}
      <Check
        checked={removed}
        label={t("audit.cameraRemoved")}
        onChange={(on) => {
          setRemoved(on);
          setCamera("");
        }}
      />
      <DayField label={t("audit.day")} value={day} isInvalid={shown && day === ""} onChange={setDay} />
      <div className="form-actions">
        <Button type="submit" className="button button-primary">
          {t("audit.ask")}
        </Button>
      </div>
    </form>
  );
}

function AccountQuestion({ start, onAsk }: { readonly start: string; readonly onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const [accountId, setAccount] = useState(start);
  const [from, setFrom] = useState(() => townDay(Date.now() - 7 * DAY_MS));
  const [to, setTo] = useState(() => townDay(Date.now()));
  const [shown, setShown] = useState(false);
  const backwards = from > to;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (accountId !== "" && from !== "" && to !== "" && !backwards) onAsk({ about: "account", accountId, from, to });
  };
  return (
    <form className="fieldset" onSubmit={submit} noValidate aria-labelledby="ask-account">
      <h2 id="ask-account">{t("audit.whatSaw")}</h2>
      <PersonSelect label={t("audit.column.actor")} value={accountId} any={t("audit.choosePerson")} isInvalid={shown && accountId === ""} onChange={setAccount} />
      <div className="field-row">
        <DayField label={t("audit.fromDay")} value={from} isInvalid={shown && from === ""} onChange={setFrom} />
        <DayField label={t("audit.toDay")} value={to} isInvalid={shown && (to === "" || backwards)} onChange={setTo} />
      </div>
      <div className="form-actions">
        <Button type="submit" className="button button-primary">
          {t("audit.ask")}
        </Button>
      </div>
    </form>
  );
}

interface PageOfLooks {
  readonly title: string;
  readonly totals: readonly LookTotal[];
  readonly looks: readonly Look[];
  readonly next: string | null;
}

function Answer({ asked, onPerson, onCamera }: { readonly asked: Asked; readonly onPerson: (accountId: string, day: string) => void; readonly onCamera: (cameraId: string, day: string) => void }) {
  const { t } = useTranslation();
  const { byId } = useCameras();
  const query = useInfiniteQuery({
    queryKey: ["audit", "answer", asked],
    queryFn: async ({ pageParam }): Promise<PageOfLooks> => {
      if (asked.about === "camera") {
        const found = await askAboutCamera(asked.cameraId, asked.day, pageParam);
        return { title: found.camera_name ?? found.camera_id, totals: found.people, looks: found.looks, next: found.next_cursor };
      }
      const found = await askAboutAccount(asked.accountId, dayStartMs(asked.from), dayStartMs(nextDay(asked.to)), pageParam);
      return { title: found.account_name ?? found.account_id, totals: found.cameras, looks: found.looks, next: found.next_cursor };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // Each question is an entry of the log: it is asked when somebody asks, not by itself.
    staleTime: Infinity,
    retry: false,
  });
  if (query.isPending) return <Skeleton rows={4} />;
  const [first] = query.data?.pages ?? [];
  if (first === undefined) return asProblem(query.error).kind === "invalid" ? <EmptyState icon="search" title={t("audit.cannotAsk")} /> : <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const looks = query.data?.pages.flatMap((page) => page.looks) ?? [];
  const camera = asked.about === "camera";
  const span = asked.about === "camera" ? asked.day : asked.from === asked.to ? asked.from : `${asked.from} – ${asked.to}`;
  const name = asked.about === "camera" ? (byId.get(asked.cameraId)?.name ?? first.title) : first.title;
  return (
    <section className="form" aria-labelledby="answer-title">
      <header className="page-head">
        <h2 id="answer-title">{camera ? t("audit.answerCamera", { name, span }) : t("audit.answerAccount", { name, span })}</h2>
        <p className="soft">{t("audit.answeredAt", { moment: exact(query.dataUpdatedAt) })}</p>
        <Button className="button" onPress={() => window.print()}>
          {t("own.print")}
        </Button>
      </header>
      {looks.length === 0 ? (
        <EmptyState icon="check" title={camera ? t("audit.nobodyLooked") : t("audit.lookedAtNothing")} />
      ) : (
        <>
          <TotalTable totals={first.totals} subject={camera ? "person" : "camera"} />
          <LookTable looks={looks} subject={camera ? "person" : "camera"} onPerson={onPerson} onCamera={onCamera} />
        </>
      )}
      {query.hasNextPage ? (
        <Button className="button" isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {t("ui.older")}
        </Button>
      ) : null}
    </section>
  );
}

/** Midnight of a day of the town. */
function dayStartMs(day: string): number {
  return fromLocalInput(`${day}T00:00`) ?? Number.NaN;
}

function nextDay(day: string): string {
  // Noon is the same calendar day whatever the clocks do that night.
  return townDay((fromLocalInput(`${day}T12:00`) ?? Number.NaN) + DAY_MS);
}
