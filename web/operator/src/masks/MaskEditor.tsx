import { Icon } from "@hejnal/shared";
import { useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { ConsoleIcon } from "../ui/icons.tsx";
import { type Corner, LEAST_CORNERS, type Mask, type MaskShape, middleOf, MOST_CORNERS, movedBy, newMask, withCorner, withMoreCorners, withoutCorner } from "./mask-geometry.ts";
import "./masks.css";

interface MaskEditorProps {
  /** Address of a picture of the camera; null: there is none. */
  readonly picture: string | null;
  /** What the picture shows, in words. */
  readonly name: string;
  /** Words for the picture where it is not a camera's. */
  readonly alt?: string;
  readonly masks: readonly Mask[];
  readonly shape: MaskShape;
  readonly most: number;
  readonly onChange: (masks: readonly Mask[]) => void;
}

const STEP = 0.01;
const BIG_STEP = 0.05;
const ARROWS: Readonly<Record<string, Corner>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Draws covers over a picture: by mouse, finger, or keys (each corner and each middle is a button that the arrows move). */
export function MaskEditor({ picture, name, alt, masks, shape, most, onChange }: MaskEditorProps) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState<string | null>(null);
  const area = useRef<HTMLDivElement>(null);
  const replace = (index: number, mask: Mask) => onChange(masks.with(index, mask));
  const shown = picture !== null && failed !== picture;
  return (
    <div className="mask-editor">
      <div ref={area} className="mask-area">
        {shown ? <img src={picture} alt={alt ?? t("masks.picture", { camera: name })} draggable={false} onError={() => setFailed(picture)} /> : <p className="mask-nothing">{t("masks.noPicture")}</p>}
        <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          {masks.map((mask, index) => (
            <polygon key={index} points={mask.map(({ x, y }) => `${x},${y}`).join(" ")} />
          ))}
        </svg>
        {masks.map((mask, index) => (
          <MaskHandles key={index} number={index + 1} mask={mask} shape={shape} area={area} onChange={(changed) => replace(index, changed)} />
        ))}
      </div>
      <p className="soft">
        {t("masks.help")} {shape === "polygon" ? t("masks.helpCorner") : null}
      </p>
      {masks.length === 0 ? <p>{t("masks.none")}</p> : null}
      <ul className="mask-list" aria-label={t("masks.title")}>
        {masks.map((mask, index) => (
          <li key={index}>
            <span>{t("masks.one", { number: index + 1 })}</span>
            {shape === "polygon" ? (
              <Button className="button" isDisabled={mask.length >= MOST_CORNERS} onPress={() => replace(index, withMoreCorners(mask))}>
                {t("masks.addCorner")}
              </Button>
            ) : null}
            <Button className="icon-button" aria-label={t("masks.remove", { number: index + 1 })} onPress={() => onChange(masks.toSpliced(index, 1))}>
              <Icon name="close" />
            </Button>
          </li>
        ))}
      </ul>
      <Button className="button" isDisabled={masks.length >= most} onPress={() => onChange([...masks, newMask(masks.length)])}>
        <ConsoleIcon name="plus" /> {t("masks.add")}
      </Button>
    </div>
  );
}

interface MaskHandlesProps {
  readonly number: number;
  readonly mask: Mask;
  readonly shape: MaskShape;
  readonly area: React.RefObject<HTMLDivElement | null>;
  readonly onChange: (mask: Mask) => void;
}

/** The corners and the middle of one cover. */
function MaskHandles({ number, mask, shape, area, onChange }: MaskHandlesProps) {
  const { t } = useTranslation();
  const middle = middleOf(mask);
  const place = (corner: Corner) => t("masks.at", { x: percent(corner.x), y: percent(corner.y) });
  return (
    <>
      <Handle
        kind="middle"
        at={middle}
        label={`${t("masks.move", { number })}: ${place(middle)}`}
        area={area}
        onMove={(to) => onChange(movedBy(mask, to.x - middle.x, to.y - middle.y))}
      />
      {mask.map((corner, index) => (
        <Handle
          key={index}
          kind="corner"
          at={corner}
          label={`${t("masks.corner", { number, corner: index + 1 })}: ${place(corner)}`}
          area={area}
          onMove={(to) => onChange(withCorner(mask, index, to, shape))}
          onDelete={shape === "polygon" && mask.length > LEAST_CORNERS ? () => onChange(withoutCorner(mask, index)) : undefined}
        />
      ))}
    </>
  );
}

interface HandleProps {
  readonly kind: "corner" | "middle";
  readonly at: Corner;
  readonly label: string;
  readonly area: React.RefObject<HTMLDivElement | null>;
  readonly onMove: (to: Corner) => void;
  readonly onDelete?: (() => void) | undefined;
}

function Handle({ kind, at, label, area, onMove, onDelete }: HandleProps) {
  const dragging = useRef(false);
  const element = useRef<HTMLButtonElement>(null);
  // Set by script: the console's policy forbids style attributes in markup, not the style object.
  const put = (button: HTMLButtonElement | null) => {
    element.current = button;
    button?.style.setProperty("left", `${at.x * 100}%`);
    button?.style.setProperty("top", `${at.y * 100}%`);
  };
  const follow = (event: React.PointerEvent) => {
    const box = area.current?.getBoundingClientRect();
    if (box === undefined || !dragging.current) return;
    onMove({ x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
  };
  const letGo = () => {
    dragging.current = false;
  };
  return (
    <button
      ref={put}
      type="button"
      className={`mask-handle mask-handle-${kind}`}
      aria-label={label}
      onPointerDown={(event) => {
        dragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={follow}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onKeyDown={(event) => {
        const arrow = ARROWS[event.key];
        if (arrow !== undefined) {
          const step = event.shiftKey ? BIG_STEP : STEP;
          event.preventDefault();
          onMove({ x: at.x + arrow.x * step, y: at.y + arrow.y * step });
        } else if (event.key === "Delete" && onDelete !== undefined) {
          event.preventDefault();
          onDelete();
        }
      }}
    />
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
