import { Icon } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useSession } from "../session/session.tsx";
import { ConsoleIcon } from "../ui/icons.tsx";
import { IconButton } from "../ui/IconButton.tsx";

interface TileToolsProps {
  readonly camera: NumberedCamera;
  readonly enlarged: boolean;
  /** Null: it has no sound, or this camera's is not to be heard. */
  readonly sound: { readonly on: boolean; readonly toggle: () => void } | null;
  /** Null: it cannot be turned, or not by this role. */
  readonly steer: { readonly on: boolean; readonly toggle: () => void } | null;
  readonly onClear: () => void;
  readonly onEnlarge: () => void;
}

/** What can be done with a tile; each has a key. */
export function TileTools({ camera, enlarged, sound, steer, onClear, onEnlarge }: TileToolsProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  return (
    <div className="tile-tools">
      {sound === null ? null : (
        <IconButton label={t(sound.on ? "tile.mute" : "tile.listen")} shortcut="A" onPress={sound.toggle}>
          <ConsoleIcon name={sound.on ? "soundOn" : "soundOff"} />
        </IconButton>
      )}
      {steer === null ? null : (
        <IconButton label={t(steer.on ? "ptz.stop" : "ptz.begin")} shortcut="C" onPress={steer.toggle}>
          <ConsoleIcon name="steer" />
        </IconButton>
      )}
      {may("playBack") ? (
        <Link className="icon-button" href={`/playback/${camera.camera_id}?ago=60`} aria-label={t("tile.minuteAgo")} title={`${t("tile.minuteAgo")} (P)`}>
          <ConsoleIcon name="playback" />
        </Link>
      ) : null}
      <IconButton label={enlarged ? t("tile.shrink") : t("tile.enlarge")} shortcut="Enter" onPress={onEnlarge}>
        <ConsoleIcon name={enlarged ? "shrink" : "enlarge"} />
      </IconButton>
      <IconButton label={t("tile.clear")} shortcut="Del" onPress={onClear}>
        <Icon name="close" />
      </IconButton>
    </div>
  );
}
