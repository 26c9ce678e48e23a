import { Icon } from "@hejnal/shared";
import { useState } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { WallView } from "../api/views.ts";
import { ConsoleIcon } from "../ui/icons.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { SaveViewDialog } from "./SaveViewDialog.tsx";
import { useViews } from "./use-views.ts";
import type { Wall } from "./wall-state.ts";

interface ViewsMenuProps {
  readonly wall: Wall;
  readonly onCall: (view: WallView) => void;
}

/** Saved views: call one up, save what hangs now, change or remove an own one. */
export function ViewsMenu({ wall, onCall }: ViewsMenuProps) {
  const { t } = useTranslation();
  const { views, error, remove } = useViews();
  const [open, setOpen] = useState(false);
  const [edited, setEdited] = useState<WallView | "new" | null>(null);
  const edit = (what: WallView | "new") => {
    setOpen(false);
    setEdited(what);
  };
  return (
    <>
      <DialogTrigger isOpen={open} onOpenChange={setOpen}>
        <Button className="button">
          <ConsoleIcon name="wall" /> {t("views.title")} <kbd>{"W"}</kbd>
        </Button>
        <Popover className="popover views-popover" placement="bottom start">
          <Dialog className="views" aria-label={t("views.title")}>
            {views.length === 0 ? <p className="soft">{t("views.none")}</p> : null}
            <ul className="views-list">
              {views.map((view) => (
                <li key={view.view_id} className="views-item">
                  <button
                    type="button"
                    className="views-call"
                    onClick={() => {
                      setOpen(false);
                      onCall(view);
                    }}
                  >
                    <span className="camera-number">{view.number}</span> <span className="views-name">{view.name}</span>{" "}
                    <span className="soft">{view.own ? t("wall.tiles", { count: view.layout }) : view.owner_name}</span>
                  </button>
                  {view.own ? (
                    <>
                      <Button className="icon-button" aria-label={t("views.change", { view: view.name })} onPress={() => edit(view)}>
                        <ConsoleIcon name="edit" />
                      </Button>
                      <Button className="icon-button" aria-label={t("views.remove", { view: view.name })} isDisabled={remove.isPending} onPress={() => remove.mutate(view)}>
                        <Icon name="close" />
                      </Button>
                    </>
                  ) : null}
                </li>
              ))}
            </ul>
            <ProblemLine error={error ?? remove.error} />
            <Button className="button" onPress={() => edit("new")}>
              <ConsoleIcon name="plus" /> {t("views.save")}
            </Button>
            <p className="soft views-hint">{t("views.hint")}</p>
          </Dialog>
        </Popover>
      </DialogTrigger>
      {edited === null ? null : <SaveViewDialog wall={wall} view={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </>
  );
}
