import type { ReactNode } from "react";
import { Button, type ButtonProps, Tooltip, TooltipTrigger } from "react-aria-components";

interface IconButtonProps extends Omit<ButtonProps, "children" | "className"> {
  readonly label: string;
  /** The key that does the same, shown in the tooltip and told to assistive technology. */
  readonly shortcut?: string;
  readonly children: ReactNode;
}

/** A button with an icon; its name and its key stand in the tooltip. */
export function IconButton({ label, shortcut, children, ...rest }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <Button {...rest} aria-label={label} className="icon-button">
        {children}
      </Button>
      <Tooltip className="tooltip" offset={6}>
        {label}
        {shortcut === undefined ? null : <kbd>{shortcut}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}
