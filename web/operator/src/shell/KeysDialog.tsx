import { useTranslation } from "react-i18next";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";

const GROUPS = [
  {
    name: "everywhere",
    keys: [
      ["?", "help"],
      ["M", "map"],
      ["Space", "acknowledge"],
      ["Esc", "close"],
    ],
  },
  {
    name: "wall",
    keys: [
      ["1 7 Enter", "call"],
      ["W 3 Enter", "callView"],
      ["← ↑ → ↓", "move"],
      ["Shift + ←", "carry"],
      ["Enter", "enlarge"],
      ["F", "fullScreen"],
      ["T", "tour"],
      ["A", "sound"],
      ["C", "steer"],
      ["P", "minuteAgo"],
      ["Del", "clear"],
    ],
  },
  {
    name: "alerts",
    keys: [
      ["J / K", "nextAlert"],
      ["A", "takeAlert"],
      ["P", "giveAlert"],
      ["R", "endAlert"],
      ["W", "hangCameras"],
    ],
  },
  {
    name: "playback",
    keys: [
      ["K", "playPause"],
      ["J / L", "jump"],
      [", / .", "frame"],
      ["S", "snapshot"],
      ["← →", "seek"],
      ["+ / −", "zoom"],
      ["P", "minuteAgo"],
    ],
  },
] as const;

/** Every key of the console. */
export function KeysDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <ConsoleDialog title={t("keys.title")} isOpen={isOpen} onClose={onClose} width="wide">
      <div className="keys">
        {GROUPS.map((group) => (
          <section key={group.name}>
            <h3>{t(`keys.group.${group.name}`)}</h3>
            <dl>
              {group.keys.map(([key, does]) => (
                <div key={does}>
                  <dt>
                    <kbd>{key === "Space" ? t("keys.space") : key}</kbd>
                  </dt>
                  <dd>{t(`keys.does.${does}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </ConsoleDialog>
  );
}
