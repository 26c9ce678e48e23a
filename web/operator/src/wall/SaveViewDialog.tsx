import { asProblem } from "@hejnal/shared";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { WallView } from "../api/views.ts";
import { type Role, rolesAllowed } from "../session/roles.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { CheckChoice } from "../ui/Choice.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { freeNumber, useViews } from "./use-views.ts";
import type { Wall } from "./wall-state.ts";

interface SaveViewDialogProps {
  readonly wall: Wall;
  /** The own view that is changed; null: a new one. */
  readonly view: WallView | null;
  readonly onClose: () => void;
}

/** Name, number and readers of a view; it takes what hangs on the wall now. */
export function SaveViewDialog({ wall, view, onClose }: SaveViewDialogProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const { views, save } = useViews();
  const [name, setName] = useState(view?.name ?? "");
  const [number, setNumber] = useState(String(view?.number ?? freeNumber(views)));
  const [roles, setRoles] = useState<readonly Role[]>(view?.shared_with ?? []);
  const [withWall, setWithWall] = useState(true);
  const [checked, setChecked] = useState(false);
  const wanted = Number(number);
  const wrong = { name: name.trim() === "", number: !Number.isInteger(wanted) || wanted < 1 || wanted > 99 };
  const taken = save.error !== null && asProblem(save.error).slug === "view-number-taken";
  const submit = () => {
    setChecked(true);
    if (wrong.name || wrong.number) return;
    const hung = view === null || withWall ? { layout: wall.layout, tiles: wall.tiles.slice(0, wall.layout) } : { layout: view.layout, tiles: [...view.tiles] };
    save.mutate(
      { view, draft: { name: name.trim(), number: wanted, shared_with: [...roles], ...hung } },
      {
        onSuccess: (kept) => {
          announce(t("views.saved", { view: kept.name, number: kept.number }));
          onClose();
        },
      },
    );
  };
  return (
    <FormDialog
      title={view === null ? t("views.save") : t("views.change", { view: view.name })}
      submit={t("views.keep")}
      pending={save.isPending}
      error={save.error}
      problem={taken ? t("views.taken", { number }) : null}
      onSubmit={submit}
      onClose={onClose}
    >
      <label className="field">
        <span>{t("views.name")}</span>
        <input className="input" value={name} maxLength={80} aria-invalid={checked && wrong.name} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="field">
        <span>{t("views.number")}</span>
        <input className="input views-number" inputMode="numeric" value={number} maxLength={2} aria-invalid={(checked && wrong.number) || taken} onChange={(event) => setNumber(event.target.value)} />
        <span className="field-help">{t("views.numberHelp")}</span>
      </label>
      <CheckChoice
        legend={t("views.share")}
        options={rolesAllowed("watchLive").map((role) => ({ value: role, label: t(`role.${role}`) }))}
        values={roles}
        onChange={setRoles}
      />
      {view === null ? null : (
        <label className="reason-choice">
          <input type="checkbox" checked={withWall} onChange={(event) => setWithWall(event.target.checked)} />
          {t("views.withWall", { count: wall.tiles.slice(0, wall.layout).filter((id) => id !== null).length })}
        </label>
      )}
      {checked && (wrong.name || wrong.number) ? <p className="field-error">{t("views.wrong")}</p> : null}
    </FormDialog>
  );
}
