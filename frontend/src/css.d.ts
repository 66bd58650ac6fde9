import "react";

declare module "react" {
  /** Allows custom properties in `style`. */
  interface CSSProperties {
    readonly [property: `--${string}`]: string | number;
  }
}
