import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { WallView } from "../api/views.ts";
import { useThinned } from "../live/WallBudget.tsx";
import { ConsoleIcon } from "../ui/icons.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { TourControl } from "./TourControl.tsx";
import type { Tour } from "./tour.ts";
import { ViewsMenu } from "./ViewsMenu.tsx";
import { LAYOUTS, type Layout, type Wall } from "./wall-state.ts";

interface WallBarProps {
  readonly wall: Wall;
  readonly windowNumber: number;
  readonly panelOpen: boolean;
  readonly tour: Tour | null;
  readonly tourAt: number;
  readonly tourStops: number;
  readonly tourPaused: boolean;
  readonly views: number;
  readonly onPanel: (open: boolean) => void;
  readonly onLayout: (layout: Layout) => void;
  readonly onFill: () => void;
  readonly onView: (view: WallView) => void;
  readonly onTour: (tour: Tour | null) => void;
  readonly onFullScreen: () => void;
}

/** That this computer cannot draw all pictures, and what is done about it; nothing while it can. */
function ThinnedNote() {
  const { t } = useTranslation();
  const count = useThinned();
  return (
    <span role="status" className="wall-thinned">
      {count === 0 ? null : (
        <span title={t("wall.thinnedHelp")}>
          <ConsoleIcon name="late" />
          {t("wall.thinned", { count })}
        </span>
      )}
    </span>
  );
}

/** What the wall as a whole can do. */
export function WallBar(props: WallBarProps) {
  const { t } = useTranslation();
  const { wall, windowNumber } = props;
  return (
    <div className="wall-bar">
      <ToggleButton className="button" isSelected={props.panelOpen} onChange={props.onPanel}>
        {t("wall.cameras")}
      </ToggleButton>
      <ToggleButtonGroup
        className="segmented"
        aria-label={t("wall.layout")}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[String(wall.layout)]}
        onSelectionChange={(keys) => {
          const layout = LAYOUTS.find((each) => keys.has(String(each)));
          if (layout !== undefined) props.onLayout(layout);
        }}
      >
        {LAYOUTS.map((layout) => (
          <ToggleButton key={layout} id={String(layout)} className="segment segment-narrow" aria-label={t("wall.tiles", { count: layout })}>
            {layout}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <Button className="button" onPress={props.onFill}>
        {t("wall.fill")}
      </Button>
      <ViewsMenu wall={wall} onCall={props.onView} />
      <TourControl tour={props.tour} at={props.tourAt} stops={props.tourStops} paused={props.tourPaused} views={props.views} onTour={props.onTour} />
      <ThinnedNote />
      <span className="wall-bar-end">
        {windowNumber > 1 ? <span className="soft">{t("wall.window", { number: windowNumber })}</span> : null}
        <IconButton label={t("wall.newWindow")} onPress={() => window.open(`/wall?window=${windowNumber + 1}`, `hejnal-wall-${windowNumber + 1}`, "popup,width=1280,height=720")}>
          <ConsoleIcon name="window" />
        </IconButton>
        <IconButton label={t("wall.fullScreen")} shortcut="F" onPress={props.onFullScreen}>
          <ConsoleIcon name="fullScreen" />
        </IconButton>
      </span>
    </div>
  );
}
