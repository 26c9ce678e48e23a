import { Icon } from "@hejnal/shared";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { blurPhoto, type StaffPhoto } from "../api/report-desk.ts";
import { photoUrl, type Report } from "../api/town.ts";
import type { Mask } from "../masks/mask-geometry.ts";
import { MaskEditor } from "../masks/MaskEditor.tsx";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { maskOf, MOST_BLURS, rectangleOf } from "./blur-geometry.ts";
import { ModerateDialog } from "./Moderation.tsx";
import { useReportChange } from "./use-report-change.ts";

/** The photos: each can be looked at, covered in part, shown to everybody or hidden from them. */
export function Photos({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number | null>(null);
  const photo = open === null ? undefined : report.photos[open];
  if (report.photos.length === 0) return <p className="soft">{t("reports.noPhotos")}</p>;
  const number = (open ?? 0) + 1;
  return (
    <>
      <ul className="photos">
        {report.photos.map((each, index) => (
          <li key={each.id}>
            <button type="button" className="photo" onClick={() => setOpen(index)}>
              <img src={pictureOf(report, each, "thumb")} alt={t("reports.photo", { number: index + 1, of: report.photos.length })} loading="lazy" />
            </button>
            <span className="photo-mark">
              <Icon name={each.public ? "check" : "offline"} size="1em" /> {each.public ? t("moderation.public") : t("moderation.hidden")}
            </span>
          </li>
        ))}
      </ul>
      <ConsoleDialog title={t("reports.photo", { number, of: report.photos.length })} isOpen={photo !== undefined} onClose={() => setOpen(null)} width="wide">
        {photo === undefined ? null : <PhotoRoom key={photo.id} report={report} photo={photo} name={t("reports.photo", { number, of: report.photos.length })} />}
      </ConsoleDialog>
    </>
  );
}

/** The photo's address; it changes with what is covered, so that no cache shows what is no longer there. */
function pictureOf(report: Report, photo: StaffPhoto, size: "thumb" | "full"): string {
  const url = photoUrl(report.id, photo.id, size);
  return `${url}${url.includes("?") ? "&" : "?"}v=${photo.size_bytes}-${photo.blurs.length}`;
}

interface PhotoRoomProps {
  readonly report: Report;
  readonly photo: StaffPhoto;
  readonly name: string;
}

function PhotoRoom({ report, photo, name }: PhotoRoomProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [doing, setDoing] = useState<"look" | "blur" | "moderate">("look");
  if (doing === "blur") return <BlurRoom report={report} photo={photo} name={name} onDone={() => setDoing("look")} />;
  return (
    <>
      <img className="photo-full" src={pictureOf(report, photo, "full")} width={photo.width} height={photo.height} alt={name} />
      <p>{photo.public ? t("moderation.photoPublic") : t("moderation.photoHidden")}</p>
      {may("answerReports") ? (
        <div className="form-actions">
          <Button className="button" onPress={() => setDoing("blur")}>
            {t("moderation.blur")}
          </Button>
          <Button className="button" onPress={() => setDoing("moderate")}>
            {photo.public ? t("moderation.hidePhoto") : t("moderation.showPhoto")}
          </Button>
        </div>
      ) : null}
      {doing === "moderate" ? <ModerateDialog report={report} subject="photo" photoId={photo.id} action={photo.public ? "hide" : "show"} onClose={() => setDoing("look")} /> : null}
    </>
  );
}

function BlurRoom({ report, photo, name, onDone }: PhotoRoomProps & { readonly onDone: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [masks, setMasks] = useState<readonly Mask[]>(() => photo.blurs.map(maskOf));
  const change = useReportChange(report.id, () => blurPhoto(report.id, photo.id, masks.map(rectangleOf), ""), () => {
    announce(t("moderation.blurred", { count: masks.length }));
    onDone();
  });
  const final = photo.blurs.length > 0 && photo.unblurred_until === null;
  return (
    <>
      <p>{final ? t("moderation.blurFinal") : t("moderation.blurHelp")}</p>
      <MaskEditor picture={pictureOf(report, photo, "full")} alt={name} name={name} masks={masks} shape="rectangle" most={MOST_BLURS} onChange={setMasks} />
      <ProblemLine error={change.error} act="answerReports" />
      <div className="form-actions">
        <Button className="button button-primary" isPending={change.isPending} onPress={() => change.mutate(undefined)}>
          {t("moderation.keepBlur")}
        </Button>
        <Button className="button" onPress={onDone}>
          {t("ui.cancel")}
        </Button>
      </div>
    </>
  );
}
