import { Button, ComboBox, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { findCameras } from "../cameras/camera-search.ts";
import { ConditionMark } from "../cameras/ConditionMark.tsx";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { ConsoleIcon } from "../ui/icons.tsx";
import { PickInput } from "../ui/PickInput.tsx";

interface CameraSelectProps {
  readonly cameras: readonly NumberedCamera[];
  readonly value: string | null;
  readonly onChange: (cameraId: string) => void;
  /** What choosing one does, where that is not "show this one". */
  readonly label?: string;
}

/** Chooses a camera by number, name or street; Enter takes the number that was typed, else the first that fits. */
export function CameraSelect({ cameras, value, onChange, label: says }: CameraSelectProps) {
  const { t } = useTranslation();
  const chosen = cameras.find((camera) => camera.camera_id === value);
  const label = chosen === undefined ? "" : `${chosen.number} ${chosen.name}`;
  const [text, setText] = useState(label);
  const items = text === label ? cameras : findCameras(cameras, text);
  return (
    <ComboBox
      className="camera-select"
      menuTrigger="focus"
      allowsEmptyCollection
      items={items}
      value={value}
      inputValue={text}
      onInputChange={setText}
      onChange={(key) => {
        if (key !== null && key !== value) onChange(String(key));
        else setText(label);
      }}
    >
      <Label className="visually-hidden">{says ?? t("playback.camera")}</Label>
      <div className="combo">
        <PickInput
          pick={(words) => (words === label ? value : (items[0]?.camera_id ?? null))}
          onClick={(event) => {
            if (text === label) event.currentTarget.select();
          }}
          {...(says === undefined ? {} : { placeholder: says })}
        />
        <Button className="icon-button">
          <ConsoleIcon name="panel" />
        </Button>
      </div>
      <Popover className="popover">
        <ListBox className="menu" renderEmptyState={() => <p className="menu-empty">{t("cameras.noneFound")}</p>}>
          {(camera: NumberedCamera) => (
            <ListBoxItem id={camera.camera_id} className="menu-item" textValue={`${camera.number} ${camera.name}`}>
              <span className="camera-number">{camera.number}</span> {camera.name} <ConditionMark condition={camera.status.condition} wordHidden />
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
