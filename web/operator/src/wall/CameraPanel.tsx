import { useState } from "react";
import { Input, Label, SearchField } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { ConditionMark } from "../cameras/ConditionMark.tsx";
import { matches } from "../cameras/camera-search.ts";
import { PictureMark } from "../cameras/PictureMark.tsx";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { beginDrag } from "./drag.ts";

interface CameraPanelProps {
  readonly cameras: readonly NumberedCamera[];
  readonly hung: readonly (string | null)[];
  readonly onCall: (cameraId: string) => void;
}

/** All cameras; pressing one hangs it into the focused tile, dragging it into any. */
export function CameraPanel({ cameras, hung, onCall }: CameraPanelProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const shown = cameras.filter((camera) => matches(camera, search));
  const hungTiles = new Set(hung);
  return (
    <aside className="camera-panel" aria-label={t("wall.cameras")}>
      <SearchField className="field" value={search} onChange={setSearch}>
        <Label className="visually-hidden">{t("cameras.search")}</Label>
        <Input className="input" placeholder={t("cameras.search")} />
      </SearchField>
      <ul className="camera-list">
        {shown.map((camera) => (
          <li key={camera.camera_id}>
            <button
              type="button"
              className={hungTiles.has(camera.camera_id) ? "camera-row camera-row-hung" : "camera-row"}
              title={`${camera.name}. ${t("wall.callHint", { number: camera.number })}`}
              draggable
              onDragStart={(event) => beginDrag(event, { cameraId: camera.camera_id })}
              onClick={() => onCall(camera.camera_id)}
            >
              <span className="camera-number">{camera.number}</span>
              <span className="camera-name">{camera.name}</span>
              <ConditionMark condition={camera.status.condition} wordHidden={camera.status.condition === "live"} />
              <PictureMark status={camera.status} />
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 ? <p className="soft">{t("cameras.noneFound")}</p> : null}
    </aside>
  );
}
