import { useTranslation } from "react-i18next";
import { ConsoleIcon } from "../ui/icons.tsx";
import { IconButton } from "../ui/IconButton.tsx";

interface SoundSwitchProps {
  readonly on: boolean;
  /** The browser keeps sound back until somebody presses something on the page. */
  readonly muted: boolean;
  readonly onChange: (on: boolean) => void;
}

/** The call of alerts: on, off, or kept back by the browser. */
export function SoundSwitch({ on, muted, onChange }: SoundSwitchProps) {
  const { t } = useTranslation();
  return (
    <span className={muted ? "sound-switch attention" : "sound-switch"}>
      <IconButton label={on ? (muted ? t("alerts.soundHeld") : t("alerts.soundOff")) : t("alerts.soundOn")} onPress={() => onChange(!on)}>
        <ConsoleIcon name={on ? "bellOn" : "bellOff"} />
      </IconButton>
    </span>
  );
}
