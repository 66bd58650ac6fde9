/** A file that was dropped on another page, for the wizard of the page Data. */
let waiting: File | null = null;

export function leaveFile(file: File): void {
  waiting = file;
}

export function takeFile(): File | null {
  const file = waiting;
  waiting = null;
  return file;
}
