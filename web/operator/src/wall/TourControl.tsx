import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { RadioChoice } from "../ui/Choice.tsx";
import { ConsoleIcon } from "../ui/icons.tsx";
import { DWELLS_S, type Tour, type TourSource } from "./tour.ts";

interface TourControlProps {
  readonly tour: Tour | null;
  readonly at: number;
  readonly stops: number;
  readonly paused: boolean;
  /** How many saved views a tour could lead through. */
  readonly views: number;
  readonly onTour: (tour: Tour | null) => void;
}

/** Begins and ends a tour: all cameras page by page, or one saved view after the other. */
export function TourControl({ tour, at, stops, paused, views, onTour }: TourControlProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [source, setSource] = useState<TourSource>("cameras");
  const [dwell, setDwell] = useState("10");
  if (tour !== null) {
    return (
      <>
        <Button className="button" onPress={() => onTour(null)}>
          <ConsoleIcon name="pause" /> {t("tour.stop")} <kbd>{"T"}</kbd>
        </Button>
        <span className="soft" role="status">
          {t("tour.at", { at: Math.min(at + 1, stops), of: stops })} {paused ? t("tour.paused") : null}
        </span>
      </>
    );
  }
  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button className="button">
        <ConsoleIcon name="play" /> {t("tour.title")} <kbd>{"T"}</kbd>
      </Button>
      <Popover className="popover views-popover" placement="bottom start">
        <Dialog className="views" aria-label={t("tour.title")}>
          <RadioChoice
            legend={t("tour.through")}
            options={[
              { value: "cameras" as const, label: t("tour.cameras") },
              ...(views > 1 ? [{ value: "views" as const, label: t("tour.views", { count: views }) }] : []),
            ]}
            value={views > 1 ? source : "cameras"}
            onChange={setSource}
          />
          <RadioChoice legend={t("tour.dwell")} options={DWELLS_S.map((each) => ({ value: String(each), label: t("duration.seconds", { count: each }) }))} value={dwell} onChange={setDwell} />
          <Button
            className="button button-primary"
            onPress={() => {
              setOpen(false);
              onTour({ source: views > 1 ? source : "cameras", dwellS: Number(dwell) });
            }}
          >
            {t("tour.begin")}
          </Button>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
