import "react";

declare module "react" {
  /** Custom properties are set through `style` as well. */
  interface CSSProperties {
    readonly [property: `--${string}`]: string | number;
  }
}
