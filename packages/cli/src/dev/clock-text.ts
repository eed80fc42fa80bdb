/** `02:00:01`, in the time zone of whoever reads it. */
export function clockText(at: Date): string {
  return at.toTimeString().slice(0, 8);
}
